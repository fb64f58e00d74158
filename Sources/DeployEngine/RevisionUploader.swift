package import SlipwayCore
import Synchronization

/// Packs application roots and puts the archives into S3, both at once.
///
/// An archive that fits into one part is sent by one PUT, once it is complete; a larger one in
/// parts, ``partsAtOnce`` side by side, of which it never holds more. S3 shows an object only after
/// the packing ended well. A multipart upload that ends early is aborted.
package struct RevisionUploader: Sendable {
    package enum News: Sendable {
        case progress(UploadProgress)
        case packed(PackedRevision)
        case notice(Problem)
    }

    private let packer: RevisionPacker
    private let store: ObjectStore
    private let partByteCount: Int

    /// `partByteCount` is S3's 5 MiB at least, but in tests of a store without that rule.
    package init(packer: RevisionPacker, store: ObjectStore, partByteCount: Int = 8 << 20) {
        self.packer = packer
        self.store = store
        self.partByteCount = partByteCount
    }

    /// How many parts are sent side by side.
    package static let partsAtOnce = 4
    /// How long an answer is waited for after the wish to end.
    private static let patience = Duration.seconds(5)
    /// S3 takes no more parts of one object.
    private static let partLimit = 10_000

    /// Packs and uploads. The location has the eTag and the version of the upload's own answer.
    ///
    /// Throws what the packing or S3 throw; cancelled, it clears away first.
    package func upload(
        _ destination: UploadDestination, in region: Region,
        news: @escaping @Sendable (News) -> Void
    ) async throws -> S3Location {
        let meter = UploadMeter { news(.progress($0)) }
        let packing = try await packer.begin(destination.root) {
            meter.packed(read: $0, archived: $1)
        }
        for warning in packing.warnings { news(.notice(warning)) }
        meter.begin(total: packing.byteCount)
        let object = UploadedObject(destination, region)
        // The archive is not larger than this, so its parts are not too many.
        let byteCount = max(
            partByteCount, (packing.archiveByteLimit + Self.partLimit - 1) / Self.partLimit)
        let next = try packing.parts(byteCount)
        var first = try await next()
        guard first != nil else { throw CancellationError() }
        if let whole = first, let packed = whole.packed {
            news(.packed(packed))
            let location = try await store.put(object, whole.bytes)
            meter.sent(whole.bytes.count)
            return location
        }
        let id = try await begin(object)
        do {
            try Task.checkCancellation()
            let parts = try await sendParts(of: object, id, &first, next, meter, news)
            return try await store.complete(object, id, parts)
        } catch {
            await abort(object, id, news)
            throw error
        }
    }

    /// Has S3 make the upload. Cancelled, it waits for the answer a little longer: S3 may have made it
    /// already, and only who knows its id can clear it away.
    private func begin(_ object: UploadedObject) async throws -> UploadID {
        let store = store
        let beginning = Task { try await store.begin(object) }
        return try await withTaskCancellationHandler {
            try await beginning.value
        } onCancel: {
            Task {
                try await Task.sleep(for: Self.patience)
                beginning.cancel()
            }
        }
    }

    /// Takes the first part too, so that its memory is free once it is sent.
    private func sendParts(
        of object: UploadedObject, _ id: UploadID, _ first: inout ArchivePart?,
        _ next: @escaping @Sendable () async throws -> ArchivePart?, _ meter: UploadMeter,
        _ news: @escaping @Sendable (News) -> Void
    ) async throws -> [UploadedPart] {
        let store = store
        return try await withThrowingTaskGroup(of: UploadedPart.self) { group in
            var done: [UploadedPart] = []
            var packed: PackedRevision?
            var number = 0
            while packed == nil {
                // A part is asked for when it can be sent at once: until then it takes no memory.
                if number - done.count == Self.partsAtOnce, let part = try await group.next() {
                    done.append(part)
                }
                let part = if let first = first.take() { first } else { try await next() }
                // The parts end with the one that knows the whole archive.
                guard let part else { throw CancellationError() }
                number += 1
                group.addTask { [number] in
                    let sent = try await store.putPart(object, id, number, part.bytes)
                    meter.sent(part.bytes.count)
                    return sent
                }
                packed = part.packed
            }
            if let packed { news(.packed(packed)) }
            for try await part in group { done.append(part) }
            return done.sorted { $0.number < $1.number }
        }
    }

    /// Has S3 forget the parts, though the task may be cancelled. Says first which they are: who
    /// wants the process to end may not wait until S3 has.
    private func abort(
        _ object: UploadedObject, _ id: UploadID, _ news: @Sendable (News) -> Void
    ) async {
        let store = store
        let command =
            "aws s3api abort-multipart-upload --bucket \(object.bucket) --key "
            + shellWord(UntrustedText(object.key.rawValue).escaped) + " --upload-id "
            + shellWord(String(describing: id))
        news(
            .notice(
                Problem(
                    .warning, code: "upload-unfinished",
                    "clearing the parts of an unfinished upload from \(object.bucket)",
                    fix: "if slipway is ended before that is done: \(command)")))
        do {
            try await Task { try await store.abort(object, id) }.value
        } catch {
            news(
                .notice(
                    Problem(
                        .warning, code: "upload-left",
                        "the parts of an unfinished upload are still in \(object.bucket)",
                        why: DeployFailure(error).problems.first?.message, fix: command)))
        }
    }
}

/// Adds up what two sides of an upload report.
private final class UploadMeter: Sendable {
    private let progress = Mutex(UploadProgress())
    private let tell: @Sendable (UploadProgress) -> Void

    init(_ tell: @escaping @Sendable (UploadProgress) -> Void) { self.tell = tell }

    func begin(total: Int) { change { $0.totalByteCount = total } }

    func packed(read: Int, archived: Int) {
        change {
            $0.readByteCount = read
            $0.packedByteCount = archived
        }
    }

    func sent(_ byteCount: Int) {
        change { $0.sentByteCount = ($0.sentByteCount ?? 0) + byteCount }
    }

    private func change(_ body: (inout UploadProgress) -> Void) {
        tell(
            progress.withLock { progress in
                body(&progress)
                return progress
            })
    }
}
