import Glibc

/// One thing that happened in a deployment: a line of its journal.
struct JournalEntry: Codable, Sendable {
    /// What happened.
    enum Change: Codable, Sendable {
        /// It began, with these instances in the order in which it comes to them.
        case started(targets: [String])
        /// A lifecycle event, by its place in ``Lifecycle/events``, of a target, by its place.
        case event(target: Int, event: Int, status: StepStatus, diagnostics: Diagnostics?)
        case target(Int, status: StepStatus)
        /// No target that waits is deployed to any more.
        case waitingSkipped
        case halt(DeploymentRecord.Halt)
        case ended(DeploymentStatus, error: ErrorInformation?, rollback: RollbackInfo?)
    }

    let time: AWSTime
    let change: Change
}

/// The file to which a deployment adds a line for each change, so that a change of one instance
/// among a thousand writes no more than itself.
///
/// A line is in the file as soon as it is written: a kill takes nothing back. The file is synced
/// when the deployment has ended.
final class Journal: Sendable {
    private let file: Int32
    private let path: String

    /// Opens a journal for writing, and makes it where there is none. What a killed process left of
    /// a half-written line is cut off.
    init(at path: String, keeping byteCount: Int = 0) throws(StateFolderError) {
        self.path = path
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .last("open", path) }
        guard ftruncate(file, byteCount) == 0 else {
            let error = StateFolderError.last("write", path)
            close(file)
            throw error
        }
    }

    deinit { close(file) }

    func append(_ entry: JournalEntry) throws(StateFolderError) {
        try write(allOf: jsonBytes(entry) + [UInt8(ascii: "\n")], to: file, path: path)
    }

    /// Makes what was written survive a power loss.
    func sync() throws(StateFolderError) {
        guard fsync(file) == 0 else { throw .last("write", path) }
    }

    /// The entries of a journal's bytes, and how many bytes they take: a last line without its end
    /// is none.
    static func entries(
        in bytes: [UInt8], path: String
    ) throws(StateFolderError) -> (entries: [JournalEntry], byteCount: Int) {
        var entries: [JournalEntry] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            guard
                let entry: JournalEntry = try? decoded(bytes[start..<end])
            else { throw .damaged(path: path) }
            entries.append(entry)
            start = end + 1
        }
        return (entries, start)
    }
}
