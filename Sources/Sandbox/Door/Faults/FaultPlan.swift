import FoundationEssentials
import Glibc
import Synchronization

/// The faults of a running sandbox. They can be changed at any time: by whoever started it, and by
/// a file in the state folder.
package final class FaultPlan: Sendable {
    /// Breaks the instances that the file names, and mends those that it named before.
    package typealias Breaking = @Sendable ([RequestedInstanceFault]) throws -> Void

    private let file: String?
    private let breakInstances: Breaking
    private let report: @Sendable (any Error) -> Void
    private let state: Mutex<State>

    private struct State: Sendable {
        var given: [Counted]
        var fromFile: [Counted] = []
        var fileStamp: Stamp?
        var brokenInstances: [RequestedInstanceFault] = []
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

        /// Nil where there is no file.
        init?(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
            byteCount = Int(status.st_size)
            inode = UInt(status.st_ino)
        }
    }

    /// `file` holds further faults, one a line, and is read again whenever it changes. What is wrong
    /// with it is reported, and then nothing in it counts.
    package init(
        _ faults: [Fault] = [], file: String? = nil,
        breakInstances: @escaping Breaking = { _ in },
        report: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.file = file
        self.breakInstances = breakInstances
        self.report = report
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
            readFile(into: &state)
            var strike = Strike()
            Self.strike(&state.given, service, operation, &strike)
            Self.strike(&state.fromFile, service, operation, &strike)
            return strike
        }
    }

    /// Reads the file without waiting for a request.
    func readFile() { state.withLock { readFile(into: &$0) } }

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

    private func readFile(into state: inout State) {
        guard let file else { return }
        let stamp = Stamp(of: file)
        guard stamp != state.fileStamp else { return }
        state.fileStamp = stamp
        let bytes = stamp.flatMap { _ in FileManager.default.contents(atPath: file) }
        do {
            take(try FaultFile(String(decoding: bytes ?? Data(), as: UTF8.self)), into: &state)
        } catch {
            report(error)
            take(FaultFile(), into: &state)
        }
    }

    private func take(_ content: FaultFile, into state: inout State) {
        state.fromFile = content.faults.map { Counted(fault: $0) }
        guard content.instanceFaults != state.brokenInstances else { return }
        do {
            try breakInstances(content.instanceFaults)
            state.brokenInstances = content.instanceFaults
        } catch {
            report(error)
        }
    }
}
