import Screens
import SlipwayCore
import TextGrid

/// What keys do that no button stands for.
extension LiveScreen {
    mutating func handle(_ input: Input) -> [Effect] {
        switch input {
        case .resize(let width, let height):
            (self.width, self.height) = (width, height)
            pageRows = max(1, height / 2 - 4)
            return []
        case .tick(let now):
            self.now = now
            return []
        case .key, .paste: break
        }
        wasTouched = true
        if var open = dialog {
            let outcome = open.handle(input)
            dialog = open
            return answer(outcome)
        }
        notice = nil
        if isFiltering {
            handleFilter(input)
        } else if case .key(let key) = input {
            if readDetail == nil { handle(key) } else { read(key) }
        }
        return []
    }

    private mutating func handleFilter(_ input: Input) {
        switch input {
        case .key(.enter), .key(.tab): isFiltering = false
        case .key(.escape):
            isFiltering = false
            filter = TextField()
        case .key(.up): move(-1)
        case .key(.down): move(1)
        default: _ = filter.handle(input)
        }
    }

    private mutating func handle(_ key: Key) {
        switch key {
        case .up, .character("k"): move(-1)
        case .down, .character("j"): move(1)
        case .pageUp, .control("b"): move(-pageRows)
        case .pageDown, .control("f"), .character(" "): move(pageRows)
        case .home, .character("g"): move(-.max)
        case .end, .character("G"): move(.max)
        case .character(let digit) where "1"..."9" ~= digit:
            if let number = digit.wholeNumberValue { _ = update(.showTab(number - 1)) }
        case .escape:
            if !filter.isEmpty || statusFilter != nil {
                filter = TextField()
                statusFilter = nil
            } else {
                isFollowing = true
            }
        default: break
        }
    }

    private mutating func move(_ distance: Int) {
        let rows = visibleTargets
        guard !rows.isEmpty else { return }
        let row = chosenRow(in: rows) ?? 0
        let next = row.addingReportingOverflow(distance)
        let bounded = next.overflow ? (distance < 0 ? 0 : rows.count - 1) : next.partialValue
        chosen = rows[max(0, min(rows.count - 1, bounded))]
        isFollowing = false
    }

    /// Chooses the next failed target; where this deployment has none, shows one that has.
    mutating func chooseNextFailure() {
        if live.run?.counts.failed ?? 0 == 0, let other = nextFailingTab {
            show(tab: other)
            return
        }
        let rows = visibleTargets
        let failed = rows.filter { run?.targets[$0]?.status == .failed }
        guard !failed.isEmpty else { return }
        let next = chosenTarget(in: rows).flatMap { failed.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        chosen = failed[next % failed.count]
        isFollowing = false
        if reading != nil { openReading() }
    }

    static func status(after status: TargetStatus?) -> TargetStatus? {
        let order: [TargetStatus?] = [nil, .failed, .inProgress, .pending, .skipped, .succeeded]
        let index = order.firstIndex(of: status) ?? 0
        return order[(index + 1) % order.count]
    }
}
