import FoundationEssentials
import Glibc
import Synchronization

/// The faults of a running sandbox. They can be changed at any time: by whoever started it, and by
/// a file in the state folder.
package final class FaultPlan: Sendable {
    private let file: String?
    private let state: Mutex<State>

    private struct State: Sendable {
        var given: [Counted]
        var fromFile: [Counted] = []
        var fileStamp: Stamp?
        /// What is wrong with the file.
        var flaw: SandboxError?
    }

    private struct Counted: Sendable {
        let fault: Fault
        var seen = 0
        var happened = 0

        mutating func strikes() -> Bool {
            seen += 1
            guard seen > fault.after, (seen - fault.after - 1) % fault.every == fault.every - 1
            else { return false }
            if let times = fault.times, happened >= times { return false }
            happened += 1
            return true
        }
    }

    private struct Stamp: Equatable, Sendable {
        let seconds: Int
        let nanoseconds: Int
        let byteCount: Int
        let inode: UInt
    }

    /// `file` holds further faults, one a line, and is read again whenever it changes.
    package init(_ faults: [Fault] = [], file: String? = nil) {
        self.file = file
        state = Mutex(State(given: faults.map { Counted(fault: $0) }))
    }

    /// Replaces the faults that were given; what the file says stays.
    package func set(_ faults: [Fault]) {
        state.withLock { $0.given = faults.map { Counted(fault: $0) } }
    }

    /// What happens to one request. Counts it.
    struct Strike: Sendable {
        var latency: Duration = .zero
        var clockSeconds = 0
        var region: String?
        /// The first of the others.
        var kind: Fault.Kind?
    }

    func strike(_ service: Service, _ operation: String) -> Strike {
        state.withLock { state in
            Self.readFile(file, into: &state)
            var strike = Strike()
            Self.strike(&state.given, service, operation, &strike)
            Self.strike(&state.fromFile, service, operation, &strike)
            return strike
        }
    }

    /// What is wrong with the file of faults, if something is.
    var flaw: SandboxError? {
        state.withLock { state in
            Self.readFile(file, into: &state)
            return state.flaw
        }
    }

    private static func strike(
        _ faults: inout [Counted], _ service: Service, _ operation: String, _ strike: inout Strike
    ) {
        for index in faults.indices {
            let fault = faults[index].fault
            guard fault.service == nil || fault.service == service,
                fault.operation == nil || fault.operation == operation,
                faults[index].strikes()
            else { continue }
            switch fault.kind {
            case .latency(let span): strike.latency += span
            case .clock(let seconds): strike.clockSeconds += seconds
            case .region(let name): strike.region = name
            default: strike.kind = strike.kind ?? fault.kind
            }
        }
    }

    private static func readFile(_ path: String?, into state: inout State) {
        guard let path else { return }
        var status = stat()
        guard stat(path, &status) == 0 else {
            (state.fileStamp, state.fromFile, state.flaw) = (nil, [], nil)
            return
        }
        let stamp = Stamp(
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec,
            byteCount: Int(status.st_size), inode: UInt(status.st_ino))
        guard stamp != state.fileStamp else { return }
        state.fileStamp = stamp
        let text = FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self)
        }
        do throws(SandboxError) {
            state.fromFile = try Fault.list(text ?? "").map { Counted(fault: $0) }
            state.flaw = nil
        } catch {
            (state.fromFile, state.flaw) = ([], error)
        }
    }
}
