/// The archive of a revision in parts for an upload, made while they are asked for.
///
/// Packs on threads of its own, at most one part ahead of what was asked for: who uploads slowly
/// slows the packing down. Holds one part and a few megabytes for each processor. Ends when it is
/// let go of.
package final class RevisionParts: Sendable {
    package struct Part: Sendable {
        /// Counted from 1.
        package let number: Int
        /// As many as was asked for; the last part may have fewer.
        package let bytes: [UInt8]
        /// What the whole archive is: with the last part, nil with the others.
        package let archive: PackedRevision?

        package var isLast: Bool { archive != nil }
    }

    private let handoff: Handoff

    /// Packing that fast outruns what hashes and sends the parts; more threads would only hold
    /// memory.
    private static let threadLimit = 8

    /// Begins to pack. `progress` is called on a thread of the packing, after each file and each
    /// megabyte of a large one.
    package init(
        packing survey: RevisionSurvey, partByteCount: Int,
        progress: @escaping @Sendable (PackingProgress) -> Void = { _ in }
    ) {
        let threadCount = min(RevisionSurvey.threadCount, Self.threadLimit)
        let queue = survey.queue(threadCount)
        let handoff = Handoff(queue)
        self.handoff = handoff
        do {
            try WorkerThread {
                var builder = PartBuilder(
                    byteCount: min(partByteCount, survey.archiveByteLimit), handoff)
                do {
                    let archive = try survey.pack(queue, threadCount: threadCount, progress) {
                        try builder.add($0)
                    }
                    try builder.finish(archive)
                } catch {
                    handoff.end(error)
                }
            }.detach()
        } catch {
            handoff.end(error)
        }
    }

    deinit { handoff.end(CancellationError()) }

    /// The next part; nil after the last one. One task asks, one part at a time.
    ///
    /// Throws ``PackingError`` as soon as the packing failed, `CancellationError` after
    /// ``cancel()`` or when the task is cancelled, which ends the packing; and again at each call.
    package func next() async throws -> Part? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { handoff.ask($0) }
        } onCancel: {
            handoff.end(CancellationError())
        }
    }

    /// Ends the packing and its threads.
    package func cancel() { handoff.end(CancellationError()) }
}

/// Where the packing thread gives a part to the task that asks for it.
private final class Handoff: Sendable {
    typealias Asker = CheckedContinuation<RevisionParts.Part?, any Error>

    private struct State {
        var asker: Asker?
        var isComplete = false
        var failure: (any Error)?
    }

    private let queue: PackingQueue
    private let state = Monitor(State())

    init(_ queue: PackingQueue) { self.queue = queue }

    /// Gives a part, once somebody asks. Nothing is put aside: two parts would be held then.
    func put(_ part: RevisionParts.Part) throws {
        let asker = try state.wait(for: .consumed) { state -> Asker? in
            if let failure = state.failure { throw failure }
            guard let asker = state.asker else { return nil }
            state.asker = nil
            state.isComplete = part.isLast
            return asker
        }
        asker.resume(returning: part)
    }

    func ask(_ asker: Asker) {
        let answer = state.withLock { state -> Result<RevisionParts.Part?, any Error>? in
            if let failure = state.failure { return .failure(failure) }
            if state.isComplete { return .success(nil) }
            precondition(state.asker == nil, "one task asks for parts")
            state.asker = asker
            return nil
        }
        guard let answer else { return state.signal(.consumed) }
        asker.resume(with: answer)
    }

    /// Ends with the first error that is given; an archive that is complete stays so.
    func end(_ error: any Error) {
        let asker = state.withLock { state -> Asker? in
            guard !state.isComplete, state.failure == nil else { return nil }
            state.failure = error
            defer { state.asker = nil }
            return state.asker
        }
        queue.fail(error)
        state.signal(.consumed)
        asker?.resume(throwing: error)
    }
}

/// Gathers what the packing writes into parts. A full one waits for the next byte, or for the end:
/// only then is it known whether it is the last.
private struct PartBuilder {
    private let byteCount: Int
    private let handoff: Handoff
    private var bytes: [UInt8] = []
    private var number = 1

    init(byteCount: Int, _ handoff: Handoff) {
        self.byteCount = byteCount
        self.handoff = handoff
    }

    mutating func add(_ new: UnsafeRawBufferPointer) throws {
        var rest = new[...]
        while !rest.isEmpty {
            if bytes.count == byteCount { try deliver(nil) }
            if bytes.isEmpty { bytes.reserveCapacity(byteCount) }
            let part = rest.prefix(byteCount - bytes.count)
            bytes.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
    }

    mutating func finish(_ archive: PackedRevision) throws { try deliver(archive) }

    private mutating func deliver(_ archive: PackedRevision?) throws {
        let part = RevisionParts.Part(number: number, bytes: bytes, archive: archive)
        bytes = []
        number += 1
        try handoff.put(part)
    }
}
