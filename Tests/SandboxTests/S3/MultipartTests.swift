import AWSSignature
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Sandbox

/// Objects that came in parts, and what a kill in the middle leaves of them.
@Suite struct MultipartTests {
    private let folder = TemporaryFolder()
    private let disk = Disk(NIOThreadPool(numberOfThreads: 1))
    private let key = ObjectKey("app.zip")
    /// The least that a part may have which is not the last.
    private static let large = [UInt8](repeating: 0x61, count: Bucket.leastPartByteCount)

    private func open() throws -> ObjectStore {
        try ObjectStore(
            folder: folder("s3"), disk: disk, now: { Date(timeIntervalSince1970: 1_000) })
    }

    private func makeBucket(_ versioning: BucketRecord.Versioning? = nil) throws -> Bucket {
        try open().createBucket("bucket", region: "us-east-1", versioning: versioning)
    }

    private func reopened() throws -> Bucket { try open().bucket("bucket") }

    private func begin(
        in bucket: Bucket, algorithm: ChecksumAlgorithm? = nil, kind: ObjectChecksum.Kind? = nil
    ) throws -> String {
        try bucket.beginUpload(key, ObjectAttributes(), algorithm: algorithm, kind: kind).id
    }

    @discardableResult
    private func putPart(
        _ number: Int, _ bytes: [UInt8], _ upload: String, in bucket: Bucket
    ) throws -> Bucket.ListedPart {
        let file = try IncomingFile(in: bucket.incomingFolder)
        try file.append([ByteBuffer(bytes: bytes)])
        let digests = try file.finish()
        try bucket.putPart(
            number, of: key, upload: upload, file, eTag: digests.md5.hexadecimal,
            byteCount: digests.byteCount, checksum: nil)
        return Bucket.ListedPart(number: number, eTag: digests.md5.hexadecimal)
    }

    /// Two parts and one that nobody lists.
    private func putParts(
        _ upload: String, tail: String, in bucket: Bucket
    ) throws -> [Bucket.ListedPart] {
        let parts = [
            try putPart(1, Self.large, upload, in: bucket),
            try putPart(5, Array(tail.utf8), upload, in: bucket),
        ]
        try putPart(3, Array("not listed".utf8), upload, in: bucket)
        return parts
    }

    @discardableResult
    private func upload(_ tail: String, in bucket: Bucket) throws -> ObjectVersion {
        let id = try begin(in: bucket)
        let parts = try putParts(id, tail: tail, in: bucket)
        return try bucket.completeUpload(id, of: key, parts, Bucket.Expected())
    }

    /// What follows the large part; nil where the object is not that part and something more.
    private func tail(in bucket: Bucket, version: String? = nil) throws -> String? {
        let found = try bucket.find(key, version: version)
        let data = try #require(found.data)
        #expect(data.byteCount == found.record.byteCount)
        var bytes = try data.reader.readNow(at: 0, byteCount: data.byteCount)
        guard bytes.readBytes(length: Self.large.count) == Self.large else { return nil }
        return String(buffer: bytes)
    }

    private func names(_ subfolder: String) -> Set<String> {
        Set(DurableFile.names(in: folder("s3/buckets/bucket/\(subfolder)")))
    }

    /// The files' places on the disk by name: what was copied has another one.
    private var places: [String: ino_t] {
        var places: [String: ino_t] = [:]
        for name in names("data") {
            var status = stat()
            stat(folder("s3/buckets/bucket/data/\(name)"), &status)
            places[name] = status.st_ino
        }
        return places
    }

    @Test func `an object is the parts that were listed, as they came`() throws {
        let bucket = try makeBucket()
        let id = try begin(in: bucket)
        let parts = try putParts(id, tail: "tail", in: bucket)
        let before = places
        let version = try bucket.completeUpload(id, of: key, parts, Bucket.Expected())
        #expect(before.count == 3)
        #expect(places.count == 2)
        #expect(places.allSatisfy { before[$0.key] == $0.value })
        #expect(Set(version.dataNames.names) == names("data"))
        #expect(names("uploads").isEmpty)
        #expect(DurableFile.names(in: folder("s3/incoming")).isEmpty)
        #expect(try tail(in: bucket) == "tail")
        #expect(try bucket.completeUpload(id, of: key, parts, Bucket.Expected()) == version)
        #expect(try tail(in: reopened()) == "tail")
        #expect(places.count == 2)
    }

    @Test func `every range is right, wherever one file ends and the next begins`() throws {
        let texts = ["", "abc", "", "", "d", "efgh", ""]
        let files = texts.enumerated().map { index, text in
            folder.write("part\(index)", text)
            return DataFile(
                "part\(index)", in: folder.path, byteCount: text.utf8.count, disk: disk)
        }
        let data = ObjectData(files, disk: disk)
        let whole = texts.joined()
        #expect(data.byteCount == whole.utf8.count)
        let reader = data.reader
        for start in 0...data.byteCount {
            for end in start...data.byteCount {
                let read = try reader.readNow(at: start, byteCount: end - start)
                let expected = whole.utf8.dropFirst(start).prefix(end - start)
                #expect(String(buffer: read) == String(expected))
            }
        }
        #expect(throws: Refusal.self) { try reader.readNow(at: 7, byteCount: 2) }
    }

    @Test(arguments: [nil, BucketRecord.Versioning.enabled])
    func `files go with their version, and not before its readers`(
        versioning: BucketRecord.Versioning?
    ) throws {
        let bucket = try makeBucket(versioning)
        let first = try upload("one", in: bucket)
        var found: StoredVersion? = try bucket.find(key, version: nil)
        let second = try upload("two", in: bucket)
        #expect(try tail(in: bucket) == "two")
        #expect(try #require(found?.data).reader.readNow(at: 0, byteCount: 1) == .init(string: "a"))
        if versioning != nil {
            #expect(try tail(in: bucket, version: first.id) == "one")
            #expect(try tail(in: reopened(), version: first.id) == "one")
            _ = try bucket.delete(key, version: first.id)
            #expect(try tail(in: bucket) == "two")
        }
        #expect(names("data").count == 4)
        found = nil
        #expect(names("data") == Set(second.dataNames.names))
        _ = try bucket.delete(key, version: second.id)
        #expect(names("data").isEmpty)
    }

    @Test func `an upload that a kill left behind its object is finished at the next start`() throws
    {
        let bucket = try makeBucket(.enabled)
        let id = try begin(in: bucket)
        let parts = try putParts(id, tail: "tail", in: bucket)
        // As it is when the object's record is written and the upload's is not yet gone.
        let record = folder("s3/buckets/bucket/uploads/\(id)")
        try FileManager.default.copyItem(atPath: record, toPath: folder("kept"))
        let version = try bucket.completeUpload(id, of: key, parts, Bucket.Expected())
        try FileManager.default.moveItem(atPath: folder("kept"), toPath: record)
        folder.write("s3/buckets/bucket/data/unlisted", "no record names it")

        let again = try reopened()
        #expect(try again.uploads().isEmpty)
        #expect(names("uploads").isEmpty)
        #expect(names("data") == Set(version.dataNames.names))
        #expect(throws: (any Error).self) { try again.abortUpload(id, of: key) }
        // The client that lost the answer gets it, and nothing is there twice.
        #expect(try again.completeUpload(id, of: key, parts, Bucket.Expected()) == version)
        #expect(try again.listVersions(ListingQuery()).entries.count == 1)
        #expect(try tail(in: again) == "tail")
    }

    @Test func `an upload that a kill left before its object is under way`() throws {
        let bucket = try makeBucket()
        try upload("former", in: bucket)
        let id = try begin(in: bucket)
        let parts = try putParts(id, tail: "tail", in: bucket)
        folder.write("s3/incoming/record", "half a record")
        let again = try reopened()
        #expect(try tail(in: again) == "former")
        #expect(try again.uploads().map(\.id) == [id])
        _ = try again.completeUpload(id, of: key, parts, Bucket.Expected())
        #expect(try tail(in: again) == "tail")
        #expect(names("data").count == 2)
    }

    /// The checksum of the whole is read from the files, which takes a while.
    @Test func `a part that is sent again while the upload is completed is not lost`() async throws
    {
        let bucket = try makeBucket()
        let id = try begin(in: bucket, algorithm: .crc32, kind: .fullObject)
        let parts = [
            try putPart(1, Self.large, id, in: bucket),
            try putPart(2, Array("tail".utf8), id, in: bucket),
        ]
        try await withThrowingTaskGroup { tasks in
            tasks.addTask {
                // Until there is no such upload any more.
                while (try? putPart(2, Array("tail".utf8), id, in: bucket)) != nil {}
            }
            tasks.addTask {
                _ = try bucket.completeUpload(id, of: key, parts, Bucket.Expected())
            }
            try await tasks.waitForAll()
        }
        #expect(try tail(in: bucket) == "tail")
        #expect(names("data").count == 2)
    }

    @Test func `objects that were one file, parts or not, are read as they were kept`() throws {
        _ = try makeBucket()
        let bytes = Self.large + Array("tail".utf8)
        folder.write("s3/buckets/bucket/data/whole", bytes)
        let record = """
            {"key":"app.zip","versions":[{"id":"null","isDeleteMarker":false,"modified":1000,
            "eTag":"e-2","byteCount":\(bytes.count),"dataName":"whole",
            "attributes":{"headers":{},"tags":[]},"partByteCounts":[\(Self.large.count),4]}]}
            """
        let path = folder(
            "s3/buckets/bucket/keys/\(ContentDigest.sha256(key.text.utf8).hexadecimal).json")
        folder.write("record", record)
        rename(folder("record"), path)
        let bucket = try reopened()
        #expect(try tail(in: bucket) == "tail")
        #expect(names("data") == ["whole"])
        #expect(try bucket.find(key, version: nil).record.partByteCounts == [Self.large.count, 4])

        folder.write("record", record.replacing(#""whole""#, with: #"["whole","other","third"]"#))
        rename(folder("record"), path)
        #expect(throws: SandboxError.damagedState(path)) { try reopened() }
    }
}
