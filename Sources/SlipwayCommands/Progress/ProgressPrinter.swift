import DeployEngine
import FoundationEssentials
import SlipwayCore

/// Tells of a deployment as it runs: folds changes into lines, JSON lines, or nearly nothing.
///
/// Lines and JSON get the same changes, by the same choice of what is worth a line: of progress, some;
/// of a deployment that was over before, how many instances are how far, and what failed.
struct ProgressPrinter {
    enum Form: Equatable {
        case lines(hasBar: Bool)
        case json
        case quiet
        /// What stays on the normal screen after the live one: the failures and the result.
        case screen
    }

    private let form: Form
    /// What is told of, where other deployments are told of beside it.
    private let deployment: DeploymentID?
    private let console: Console
    private let now: () -> Date
    private let uptime: () -> Duration
    private let began: Duration
    private var lastProgress: Duration?
    private var lastBar: Duration?
    private var barIsShown = false
    /// Whether anything that is told of was under way since this began.
    private var hasSeenWork = false

    init(
        _ form: Form, of deployment: DeploymentID? = nil, console: Console,
        now: @escaping () -> Date, uptime: @escaping () -> Duration
    ) {
        self.form = form
        self.deployment = deployment
        self.console = console
        self.now = now
        self.uptime = uptime
        began = uptime()
    }

    /// How often progress is worth a line.
    private static let progressInterval = Duration.seconds(10)
    /// How often a bar that is drawn anew can be looked at.
    private static let barInterval = Duration.milliseconds(100)

    /// Throws ``OutputError`` where JSON cannot be written.
    mutating func show(_ change: DeployChange) throws {
        if case .progress(let progress) = change {
            guard form != .lines(hasBar: true) else { return showBar(progress) }
            let time = uptime()
            guard time - (lastProgress ?? began) >= Self.progressInterval else { return }
            lastProgress = time
        }
        if case .result(let result) = change {
            showFailures(of: result)
            try showEnd(of: result)
            return
        }
        if change.isWork { hasSeenWork = true }
        if change.isOfInstance, !hasSeenWork { return }
        switch form {
        case .json: try showObject(change)
        case .screen, .quiet: break
        case .lines:
            clearBar()
            for line in ChangeText.lines(change, labelled: deployment) { console.note(stamp(line)) }
        }
    }

    /// What there is to say of a result before its last line.
    mutating func showFailures(of result: DeployResult) {
        let lines = ChangeText.lines(.result(result))
        switch form {
        case .json: break
        case .quiet where result.exitStatus == .success: break
        case .quiet, .screen:
            if let deployment, !lines.isEmpty { console.note("\(deployment):") }
            for line in lines { console.note(line) }
        case .lines:
            clearBar()
            for line in lines { console.note(stamp(line)) }
        }
    }

    /// The last line: the result.
    func showEnd(of result: DeployResult) throws {
        switch form {
        case .json: try showObject(.result(result))
        case .quiet:
            if result.exitStatus != .success { console.note(ChangeText.summary(result)) }
        case .screen, .lines: try console.line(ChangeText.summary(result))
        }
    }

    private func showObject(_ change: DeployChange) throws {
        guard let object = ChangeJSON.object(change, of: deployment, at: now()) else { return }
        try console.document(object.compact + "\n")
        try console.flush()
    }

    /// How long it has been, in front of a line: ` 1:05`; then the deployment that it is about, where
    /// there are several.
    private func stamp(_ line: String) -> String {
        let label = deployment.map { "\($0)  " } ?? ""
        guard !line.hasPrefix("  ") else { return "       " + label + line }
        let seconds = (uptime() - began).components.seconds
        let text = "\(seconds / 60):\(seconds % 60 < 10 ? "0" : "")\(seconds % 60)"
        return String(repeating: " ", count: max(0, 6 - text.count)) + text + "  " + label + line
    }

    /// A line that tells of no change, where lines are told.
    mutating func tell(_ line: String) {
        guard case .lines = form else { return }
        clearBar()
        console.note(stamp(line))
    }

    private mutating func showBar(_ progress: UploadProgress) {
        let time = uptime()
        guard lastBar.map({ time - $0 >= Self.barInterval }) ?? true else { return }
        lastBar = time
        barIsShown = true
        console.transient(Self.bar(progress, isUnicode: console.isUnicode))
    }

    /// Takes the bar away, so that others can write.
    mutating func clearBar() {
        guard barIsShown else { return }
        barIsShown = false
        console.transient("")
    }

    /// A bar of how much was packed, and what was sent, in fewer than 80 columns.
    static func bar(_ progress: UploadProgress, isUnicode: Bool) -> String {
        let width = 24
        let total = max(1, progress.totalByteCount)
        let filled = min(width, progress.readByteCount * width / total)
        let (full, empty) = isUnicode ? ("\u{2588}", "\u{2591}") : ("#", "-")
        return "packing  " + String(repeating: full, count: filled)
            + String(repeating: empty, count: width - filled)
            + "  \(shownBytes(progress.readByteCount))\(ChangeText.sent(progress))"
    }
}

extension DeployChange {
    /// Whether it shows that something is under way.
    fileprivate var isWork: Bool {
        switch self {
        case .plan, .created: true
        case .status(let change): !change.info.status.isFinal
        default: false
        }
    }

    /// Whether it is news of one instance.
    fileprivate var isOfInstance: Bool {
        switch self {
        case .target, .lifecycle: true
        default: false
        }
    }
}
