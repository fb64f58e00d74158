import CSystemCalls
import Glibc
import Synchronization

/// An empty private file in which processes show that they are at work on something that has a
/// number: while they are, they hold a lock on the byte of that number.
///
/// The kernel lets go of a lock when the process ends, however it ends, and knows it in every
/// container that shares the file. The number of a process says less: it comes again, and means
/// another process elsewhere.
package final class PresenceFile: Sendable {
    private let path: String
    /// Whom the file is to belong to where root makes it.
    private let owner: UInt32?
    /// Open from the first hold on.
    private let file = Mutex<Int32?>(nil)
    private let numbers = Mutex<Set<Int64>>([])

    /// Touches nothing yet. `companion` is the file that it belongs to, and whose owner it gets.
    package init(at path: String, besides companion: String) {
        self.path = path
        owner = PrivateFile.identity(of: companion)?.owner
    }

    deinit {
        // Closing is not enough: a child that has not become its program yet shares the open file.
        for number in numbers.withLock(\.self) { release(number) }
        if let file = file.withLock(\.self) { close(file) }
    }

    /// Shows that this process is at work on a number. Makes the file where there is none.
    package func hold(_ number: Int64) throws(PrivateFileError) {
        try file.withLock { file throws(PrivateFileError) in
            let descriptor: Int32
            if let file { descriptor = file } else { descriptor = try make() }
            file = descriptor
            try checkResult(csystem_hold_byte(descriptor, number), "lock", path)
        }
        numbers.withLock { _ = $0.insert(number) }
    }

    /// Shows it no longer.
    package func release(_ number: Int64) {
        file.withLock { file in
            // It goes with the file in any case.
            if let file { _ = csystem_release_byte(file, number) }
        }
        numbers.withLock { _ = $0.remove(number) }
    }

    /// Those among numbers that a process is at work on, this one included.
    package func held(among numbers: [Int64]) throws(PrivateFileError) -> Set<Int64> {
        guard !numbers.isEmpty else { return [] }
        // The locks of an open file do not stand in its own way: this one has none.
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return [] }
            throw .last("open", path)
        }
        defer { close(file) }
        var held: Set<Int64> = []
        for number in numbers {
            let answer = csystem_byte_is_held(file, number)
            guard answer >= 0 else { throw .last("look for locks on", path) }
            if answer == 1 { held.insert(number) }
        }
        return held
    }

    private func make() throws(PrivateFileError) -> Int32 {
        let file = open(
            path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, PrivateFile.mode)
        guard file >= 0 else { throw .last("create", path) }
        do {
            try checkResult(fchmod(file, PrivateFile.mode), "create", path)
            if geteuid() == 0, let owner {
                try checkResult(fchown(file, owner, gid_t.max), "create", path)
            }
        } catch {
            close(file)
            throw error
        }
        return file
    }
}
