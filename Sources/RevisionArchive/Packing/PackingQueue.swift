/// Hands files and blocks to the threads that pack them, and what they made, in the order of the
/// archive, to the one that writes it.
///
/// What is handed out and not yet taken is bounded: memory does not grow with the tree, and who is
/// slow to write slows the packing down.
final class PackingQueue: Sendable {
    /// A few small files, a large one, or a block of a larger one.
    struct Task: Sendable {
        /// Counts the tasks in the order of the archive.
        let number: Int
        /// The entries of the table in which the files are, among folders and links.
        let entries: Range<Int>
        /// Of a block in its file.
        let offset: Int
        /// Of all its files, or the block.
        let byteCount: Int
        /// Whether the file is in several blocks.
        let isBlock: Bool
        /// Whether it goes to the end of its last file.
        let isLast: Bool
    }

    private struct State {
        var nextEntry = 0
        var nextOffset = 0
        var nextNumber = 0
        /// The task whose piece is written next.
        var written = 0
        /// What tasks beyond `written` hold or will hold.
        var heldByteCount = 0
        var pieces: [Int: [PackedPiece]] = [:]
        var failure: (any Error)?
    }

    /// Small files go together: waking a thread takes as long as packing one of them.
    private static let gatheredByteCount = 256 << 10
    private static let gatheredFileCount = 64

    private let table: EntryTable
    private let byteLimit: Int
    private let state = Monitor(State())

    init(_ table: EntryTable, byteLimit: Int) {
        self.table = table
        self.byteLimit = byteLimit
    }

    /// The next task, once there is room for what it makes; nil when there is none left. Throws
    /// what any thread failed with.
    func next() throws -> Task? {
        try state.wait(for: .consumed) { state -> Task?? in
            if let failure = state.failure { throw failure }
            guard let task = upcoming(&state) else { return .some(nil) }
            // What the writer waits for must be made, however large it is.
            guard
                state.heldByteCount + Self.cost(task.byteCount) <= byteLimit
                    || task.number == state.written
            else { return nil }
            state.heldByteCount += Self.cost(task.byteCount)
            state.nextNumber += 1
            state.nextEntry = task.isLast ? task.entries.upperBound : task.entries.lowerBound
            state.nextOffset = task.isLast ? 0 : task.offset + task.byteCount
            return task
        }
    }

    private func upcoming(_ state: inout State) -> Task? {
        while state.nextEntry < table.entries.count,
            table.entries[state.nextEntry].kind != .file
        { state.nextEntry += 1 }
        guard state.nextEntry < table.entries.count else { return nil }
        let first = state.nextEntry
        let size = table.entries[first].byteCount
        if size > Compressor.wholeByteLimit {
            let rest = size - state.nextOffset
            return Task(
                number: state.nextNumber, entries: first..<first + 1, offset: state.nextOffset,
                byteCount: min(Compressor.blockByteCount, rest), isBlock: true,
                isLast: rest <= Compressor.blockByteCount)
        }
        var end = first + 1
        var fileCount = 1
        var byteCount = size
        while end < table.entries.count, fileCount < Self.gatheredFileCount {
            let entry = table.entries[end]
            if entry.kind == .file {
                guard byteCount + entry.byteCount <= Self.gatheredByteCount else { break }
                fileCount += 1
                byteCount += entry.byteCount
            }
            end += 1
        }
        return Task(
            number: state.nextNumber, entries: first..<end, offset: 0, byteCount: byteCount,
            isBlock: false, isLast: true)
    }

    /// What a task's pieces hold at most, with what they cost besides their bytes.
    private static func cost(_ byteCount: Int) -> Int { byteCount + 16 << 10 }

    /// Takes what a task made: a piece for each of its files.
    func finish(_ task: Task, with pieces: [PackedPiece]) {
        let isAwaited = state.withLock { state in
            state.pieces[task.number] = pieces
            return task.number == state.written
        }
        if isAwaited { state.signal(.produced) }
    }

    /// The pieces of the next task in order, once they are made. Throws what any thread failed
    /// with.
    func take() throws -> [PackedPiece] {
        let pieces = try state.wait(for: .produced) { state -> [PackedPiece]? in
            if let failure = state.failure { throw failure }
            guard let pieces = state.pieces.removeValue(forKey: state.written) else { return nil }
            state.written += 1
            state.heldByteCount -= Self.cost(pieces.reduce(0) { $0 + $1.rawByteCount })
            return pieces
        }
        state.signal(.consumed)
        return pieces
    }

    /// Ends the packing: all who wait or ask get the first error that was given.
    func fail(_ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
        state.signal(.produced)
        state.signal(.consumed)
    }
}
