/// Hands files and blocks to the threads that pack them, and what they made, in the order of the
/// archive, to the one that writes it.
///
/// What is handed out and not yet taken is bounded: memory does not grow with the tree, and who is
/// slow to write slows the packing down.
final class PackingQueue: Sendable {
    /// A whole file, or a block of one.
    struct Task: Sendable {
        /// Counts the tasks in the order of the archive.
        let number: Int
        let entry: Entry
        let offset: Int
        let byteCount: Int
        /// Whether the file is in several blocks.
        let isBlock: Bool

        var isLast: Bool { offset + byteCount == entry.byteCount }
    }

    private struct State {
        var nextEntry = 0
        var nextOffset = 0
        var nextNumber = 0
        /// The task whose piece is written next.
        var written = 0
        /// What tasks beyond `written` hold or will hold.
        var heldByteCount = 0
        var pieces: [Int: PackedPiece] = [:]
        var failure: (any Error)?
    }

    /// What a piece costs besides its bytes.
    private static let overhead = 1 << 10

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
            let cost = task.byteCount + Self.overhead
            // The piece that the writer waits for must be made, however large it is.
            guard state.heldByteCount + cost <= byteLimit || task.number == state.written else {
                return nil
            }
            state.heldByteCount += cost
            state.nextNumber += 1
            state.nextOffset += task.byteCount
            if task.isLast {
                state.nextEntry += 1
                state.nextOffset = 0
            }
            return task
        }
    }

    private func upcoming(_ state: inout State) -> Task? {
        while state.nextEntry < table.entries.count,
            table.entries[state.nextEntry].kind != .file
        { state.nextEntry += 1 }
        guard state.nextEntry < table.entries.count else { return nil }
        let entry = table.entries[state.nextEntry]
        let isBlock = entry.byteCount > Compressor.wholeByteLimit
        return Task(
            number: state.nextNumber, entry: entry, offset: state.nextOffset,
            byteCount: isBlock
                ? min(Compressor.blockByteCount, entry.byteCount - state.nextOffset)
                : entry.byteCount,
            isBlock: isBlock)
    }

    /// Takes what a task made.
    func finish(_ task: Task, with piece: PackedPiece) {
        let isAwaited = state.withLock { state in
            state.pieces[task.number] = piece
            return task.number == state.written
        }
        if isAwaited { state.signal(.produced) }
    }

    /// The piece of the next task in order, once it is made. Throws what any thread failed with.
    func take() throws -> PackedPiece {
        let piece = try state.wait(for: .produced) { state -> PackedPiece? in
            if let failure = state.failure { throw failure }
            guard let piece = state.pieces.removeValue(forKey: state.written) else { return nil }
            state.written += 1
            state.heldByteCount -= piece.rawByteCount + Self.overhead
            return piece
        }
        state.signal(.consumed)
        return piece
    }

    /// Ends the packing: all who wait or ask get the first error that was given.
    func fail(_ error: any Error) {
        state.withLock { $0.failure = $0.failure ?? error }
        state.signal(.produced)
        state.signal(.consumed)
    }
}
