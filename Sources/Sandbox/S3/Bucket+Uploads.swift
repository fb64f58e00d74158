import AWSSignature
import FoundationEssentials
import Glibc
import NIOCore

/// Multipart uploads.
extension Bucket {
    static let leastPartByteCount = 5 << 20
    static let partNumbers = 1...10_000

    func beginUpload(
        _ key: ObjectKey, _ attributes: ObjectAttributes, algorithm: ChecksumAlgorithm?,
        kind: ObjectChecksum.Kind?
    ) throws(Refusal) -> UploadRecord {
        let record = UploadRecord(
            id: randomName(length: 64), key: key, initiated: now().timeIntervalSince1970,
            attributes: attributes, algorithm: algorithm, checksumKind: kind)
        return try withState { state throws(Refusal) in
            let path = "\(folder)/uploads/\(record.id)"
            try DurableFile.make(path)
            try DurableFile.write(record, to: path + "/upload.json", by: incomingName)
            state.uploads[record.id] = Upload(record: record)
            return record
        }
    }

    /// An upload under way. Throws `NoSuchUpload`, also for another key's.
    func upload(_ id: String, of key: ObjectKey) throws(Refusal) -> Upload {
        try withState { state throws(Refusal) in try self.upload(id, of: key, in: state) }
    }

    private func upload(
        _ id: String, of key: ObjectKey, in state: State
    ) throws(Refusal) -> Upload {
        guard let upload = state.uploads[id], upload.record.key == key else {
            throw Refusal(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload "
                    + "may have been aborted or completed.", status: 404, ["UploadId": id])
        }
        return upload
    }

    /// Stores a part; one of the same number makes room.
    func putPart(
        _ number: Int, of key: ObjectKey, upload id: String, _ incoming: IncomingFile,
        eTag: String, byteCount: Int, checksum: ObjectChecksum?
    ) throws(Refusal) {
        try withState { state throws(Refusal) in
            var upload = try upload(id, of: key, in: state)
            let file = try adopt(incoming, byteCount: byteCount)
            let record = PartRecord(
                number: number, eTag: eTag, byteCount: byteCount,
                modified: now().timeIntervalSince1970, dataName: file.name, checksum: checksum)
            do throws(Refusal) {
                try DurableFile.write(
                    record, to: "\(folder)/uploads/\(id)/\(number).json", by: incomingName)
            } catch {
                file.discard()
                throw error
            }
            upload.parts[number]?.file.discard()
            upload.parts[number] = StoredPart(record: record, file: file)
            state.uploads[id] = upload
        }
    }

    func abortUpload(_ id: String, of key: ObjectKey) throws(Refusal) {
        try withState { state throws(Refusal) in
            let upload = try upload(id, of: key, in: state)
            // First the record goes, so that no half of an upload is found again.
            let temporary = incomingName
            try DurableFile.move(recordFolder(of: upload), to: temporary)
            disk.later { DurableFile.remove(temporary) }
            state.uploads[id] = nil
            for part in upload.parts.values { part.file.discard() }
        }
    }

    private func recordFolder(of upload: Upload) -> String {
        "\(folder)/uploads/\(upload.record.id)"
    }

    /// Takes away the record of an upload that became an object: at once, so that no half of it is
    /// found again. Nobody has to wait until that is on the disk, or to hear that it failed: the
    /// next start sees the object and does it again.
    func removeRecord(ofCompleted upload: Upload) {
        let temporary = incomingName
        rename(recordFolder(of: upload), temporary)
        disk.later { DurableFile.remove(temporary) }
    }

    /// A part as CompleteMultipartUpload lists it.
    struct ListedPart: Sendable {
        let number: Int
        /// Without quotes.
        let eTag: String
        /// Base64.
        var checksums: [ChecksumAlgorithm: String] = [:]
    }

    /// What the client says of the finished object.
    struct Expected: Sendable {
        var checksum: (algorithm: ChecksumAlgorithm, value: String)?
        var kind: ObjectChecksum.Kind?
        var byteCount: Int?
        var condition = WriteCondition.none
    }

    /// Makes an object of an upload's parts, which stay the files they are.
    ///
    /// Throws `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`, `BadDigest`, `NoSuchUpload`.
    func completeUpload(
        _ id: String, of key: ObjectKey, _ listed: [ListedPart], _ expected: Expected
    ) throws(Refusal) -> ObjectVersion {
        let (upload, done) = try withState {
            state throws(Refusal) -> (Upload?, ObjectVersion?) in
            if let done = state.completed[id] { return (nil, done) }
            return (try self.upload(id, of: key, in: state), nil)
        }
        guard let upload else { return done! }  // One of the two is there.
        let version = try object(of: try chosenParts(upload, listed), upload.record, expected)
        return try withState { state throws(Refusal) in
            // Somebody may have finished it, aborted it or sent a part again in between.
            if let done = state.completed[id] { return done }
            let upload = try self.upload(id, of: key, in: state)
            let data = ObjectData(try chosenParts(upload, listed).map(\.file), disk: disk)
            try check(expected.condition, key, state)
            let stored = try insert(key, data, version, into: &state)
            state.completed[id] = stored
            state.uploads[id] = nil
            removeRecord(ofCompleted: upload)
            let kept = Set(listed.map(\.number))
            for (number, part) in upload.parts where !kept.contains(number) { part.file.discard() }
            return stored
        }
    }

    /// What an upload's parts are together, measured against what the client says of it.
    private func object(
        of parts: [StoredPart], _ upload: UploadRecord, _ expected: Expected
    ) throws(Refusal) -> ObjectVersion {
        let byteCount = parts.reduce(0) { $0 + $1.record.byteCount }
        if let wanted = expected.byteCount, wanted != byteCount {
            throw Refusal(
                "InvalidRequest",
                "The provided 'x-amz-mp-object-size' header value \(wanted) does not match what "
                    + "was computed: \(byteCount)")
        }
        let checksum = try checksum(of: parts, upload)
        if let wanted = expected.checksum,
            wanted.algorithm != checksum?.algorithm
                || wanted.value != checksum?.value
        {
            throw Refusal.badChecksum(wanted.algorithm)
        }
        return ObjectVersion(
            id: "", modified: 0, eTag: Self.eTag(of: parts, upload.attributes),
            byteCount: byteCount, attributes: upload.attributes, checksum: checksum,
            partByteCounts: parts.map(\.record.byteCount))
    }

    private func chosenParts(
        _ upload: Upload, _ listed: [ListedPart]
    ) throws(Refusal) -> [StoredPart] {
        guard zip(listed, listed.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
            throw Refusal(
                "InvalidPartOrder",
                "The list of parts was not in ascending order. Parts must be ordered by part "
                    + "number.", ["UploadId": upload.record.id])
        }
        var chosen: [StoredPart] = []
        for part in listed {
            guard let stored = upload.parts[part.number], stored.record.eTag == part.eTag,
                Self.agrees(stored.record.checksum, part.checksums)
            else {
                throw Refusal(
                    "InvalidPart",
                    "One or more of the specified parts could not be found.  The part may not "
                        + "have been uploaded, or the specified entity tag may not match the "
                        + "part's entity tag.",
                    [
                        "UploadId": upload.record.id, "PartNumber": String(part.number),
                        "ETag": part.eTag,
                    ])
            }
            chosen.append(stored)
        }
        for part in chosen.dropLast() where part.record.byteCount < Self.leastPartByteCount {
            throw Refusal(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                [
                    "ETag": part.record.eTag, "MinSizeAllowed": String(Self.leastPartByteCount),
                    "ProposedSize": String(part.record.byteCount),
                    "PartNumber": String(part.record.number),
                ])
        }
        return chosen
    }

    private static func agrees(
        _ stored: ObjectChecksum?, _ listed: [ChecksumAlgorithm: String]
    ) -> Bool {
        listed.allSatisfy { algorithm, value in
            stored?.algorithm == algorithm && stored?.value == value
        }
    }

    private func checksum(
        of parts: [StoredPart], _ upload: UploadRecord
    ) throws(Refusal) -> ObjectChecksum? {
        guard let algorithm = upload.algorithm, let kind = upload.checksumKind else { return nil }
        if kind == .fullObject {
            return ObjectChecksum(
                algorithm: algorithm, kind: kind,
                value: Base64.encode(try wholeChecksum(of: parts, algorithm)))
        }
        var all: [UInt8] = []
        for part in parts {
            guard let checksum = part.record.checksum, checksum.algorithm == algorithm,
                let bytes = Base64.decode(checksum.value)
            else {
                throw Refusal(
                    "InvalidRequest",
                    "The upload was created using a \(algorithm.rawValue.lowercased()) checksum. "
                        + "The complete request must include the checksum for each part. It was "
                        + "missing for part \(part.record.number) in the request.")
            }
            all += bytes
        }
        let value = Base64.encode(ChecksumDigester.checksum(all, algorithm))
        return ObjectChecksum(algorithm: algorithm, kind: kind, value: "\(value)-\(parts.count)")
    }

    /// Of the bytes of all the parts, in their order.
    private func wholeChecksum(
        of parts: [StoredPart], _ algorithm: ChecksumAlgorithm
    ) throws(Refusal) -> [UInt8] {
        var digester = ChecksumDigester(algorithm)
        let data = ObjectData(parts.map(\.file), disk: disk)
        let reader = data.reader
        for offset in stride(from: 0, to: data.byteCount, by: 1 << 20) {
            let piece = try reader.readNow(
                at: offset, byteCount: min(1 << 20, data.byteCount - offset))
            piece.withUnsafeReadableBytes { digester.update($0) }
        }
        return digester.finish()
    }

    private static func eTag(of parts: [StoredPart], _ attributes: ObjectAttributes) -> String {
        let digests = parts.flatMap { bytes(ofHexadecimal: $0.record.eTag) }
        let eTag =
            attributes.isEncryptedByKMS
            ? randomETag() : ContentDigest.md5(digests).hexadecimal
        return "\(eTag)-\(parts.count)"
    }

    private static func bytes(ofHexadecimal text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }

    /// An ETag that says nothing.
    static func randomETag() -> String {
        ContentDigest.md5(randomName(length: 32).utf8).hexadecimal
    }

    /// The uploads under way, by key and then by when they began.
    func uploads() throws(Refusal) -> [UploadRecord] {
        try withState { state throws(Refusal) in
            state.uploads.values.map(\.record).sorted {
                $0.key == $1.key ? $0.initiated < $1.initiated : $0.key < $1.key
            }
        }
    }
}

extension Refusal {
    static func badChecksum(_ algorithm: ChecksumAlgorithm) -> Refusal {
        Refusal(
            "BadDigest",
            "The \(algorithm.rawValue) you specified did not match the calculated checksum.")
    }
}
