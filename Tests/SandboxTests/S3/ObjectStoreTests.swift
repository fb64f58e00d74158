import AWSSignature
import FoundationEssentials
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Sandbox

@Suite struct ObjectStoreTests {
    private let folder = TemporaryFolder()
    private let disk = Disk(NIOThreadPool(numberOfThreads: 1))

    private func open() throws -> ObjectStore {
        try ObjectStore(
            folder: folder("s3"), disk: disk, now: { Date(timeIntervalSince1970: 1_000) })
    }

    private func put(
        _ text: String, at key: String, in bucket: Bucket, if condition: WriteCondition = .none
    ) throws -> ObjectVersion {
        let file = try IncomingFile(in: bucket.incomingFolder)
        try file.append([ByteBuffer(string: text)])
        let digests = try file.finish()
        let version = ObjectVersion(
            id: "", modified: 0, eTag: digests.md5.hexadecimal, byteCount: digests.byteCount)
        return try bucket.put(ObjectKey(key), file, version, if: condition)
    }

    private func text(_ key: String, in bucket: Bucket, version: String? = nil) throws -> String {
        let found = try bucket.find(ObjectKey(key), version: version)
        let data = try #require(found.data)
        return String(buffer: try data.reader.readNow(at: 0, byteCount: data.byteCount))
    }

    @Test func `keys are one only if their bytes are`() throws {
        let bucket = try open().createBucket("bucket", region: "us-east-1")
        _ = try put("composed", at: "\u{E9}", in: bucket)
        _ = try put("decomposed", at: "e\u{301}", in: bucket)
        #expect(try text("\u{E9}", in: bucket) == "composed")
        #expect(try text("e\u{301}", in: bucket) == "decomposed")
        #expect(try bucket.list(ListingQuery()).entries.count == 2)
    }

    @Test func `everything is there when the folder is opened again`() throws {
        let bucket = try open().createBucket(
            "bucket", region: "eu-west-1", versioning: .enabled)
        let first = try put("one", at: "a/../b", in: bucket)
        let second = try put("two", at: "a/../b", in: bucket)
        _ = try bucket.delete(ObjectKey("gone"), version: nil)
        let again = try open().bucket("bucket")
        #expect(again.region == "eu-west-1")
        #expect(try again.versioning == .enabled)
        #expect(try text("a/../b", in: again) == "two")
        #expect(try text("a/../b", in: again, version: first.id) == "one")
        #expect(first.id != second.id)
        #expect(
            try again.listVersions(ListingQuery()).entries.map(\.version.isDeleteMarker)
                == [false, false, true])
    }

    @Test func `what a kill left half done is swept out`() throws {
        let store = try open()
        let bucket = try store.createBucket("bucket", region: "us-east-1")
        _ = try put("kept", at: "k", in: bucket)
        folder.write("s3/incoming/half", "half an object")
        folder.write("s3/buckets/bucket/data/orphan", "no record names it")
        let again = try open().bucket("bucket")
        #expect(try text("k", in: again) == "kept")
        #expect(access(folder("s3/incoming/half"), F_OK) != 0)
        #expect(access(folder("s3/buckets/bucket/data/orphan"), F_OK) != 0)
    }

    @Test func `a record that something else wrote is not passed over`() throws {
        _ = try open().createBucket("bucket", region: "us-east-1")
        let path = folder.write("s3/buckets/bucket/keys/x.json", "{")
        #expect(throws: SandboxError.damagedState(path)) { try open() }
    }

    @Test func `an object that is read stays what it was while it is overwritten`() throws {
        let bucket = try open().createBucket("bucket", region: "us-east-1")
        _ = try put("old", at: "k", in: bucket)
        var found: StoredVersion? = try bucket.find(ObjectKey("k"), version: nil)
        let path = try #require(found?.data?.files.first?.path)
        _ = try put("new", at: "k", in: bucket)
        #expect(String(decoding: contents(of: path), as: UTF8.self) == "old")
        #expect(try text("k", in: bucket) == "new")
        found = nil
        #expect(access(path, F_OK) != 0)
    }

    @Test func `a write that must be the first is`() throws {
        let bucket = try open().createBucket("bucket", region: "us-east-1")
        var condition = WriteCondition()
        condition.mustBeNew = true
        let first = try put("one", at: "k", in: bucket, if: condition)
        #expect(throws: Refusal.preconditionFailed("If-None-Match")) {
            try put("two", at: "k", in: bucket, if: condition)
        }
        #expect(try text("k", in: bucket) == "one")
        var match = WriteCondition()
        match.eTag = first.eTag
        _ = try put("three", at: "k", in: bucket, if: match)
        #expect(throws: Refusal.preconditionFailed("If-Match")) {
            try put("four", at: "k", in: bucket, if: match)
        }
        #expect(throws: Refusal.noSuchKey(ObjectKey("none"))) {
            try put("five", at: "none", in: bucket, if: match)
        }
    }

    @Test func `a listing can be read page by page, whatever its size`() throws {
        let bucket = try open().createBucket("bucket", region: "us-east-1")
        let keys = ["a/1", "a/2", "a/b/3", "b", "c/1", "d"]
        for key in keys { _ = try put("x", at: key, in: bucket) }
        for limit in 1...7 {
            var query = ListingQuery(limit: limit)
            var found: [String] = []
            repeat {
                let page = try bucket.list(query)
                #expect(page.entries.count <= limit)
                found += page.entries.map(\.key.text)
                query.after = page.last?.key
            } while query.after != nil
            #expect(found == keys)
            query = ListingQuery(delimiter: "/", limit: limit)
            var groups: [String] = []
            found = []
            repeat {
                let page = try bucket.list(query)
                #expect(page.entries.count + page.commonPrefixes.count <= limit)
                found += page.entries.map(\.key.text)
                groups += page.commonPrefixes
                query.after = page.last?.key
            } while query.after != nil
            #expect(found == ["b", "d"])
            #expect(groups == ["a/", "c/"])
        }
        let inner = try bucket.list(ListingQuery(prefix: "a/", delimiter: "/"))
        #expect(inner.entries.map(\.key.text) == ["a/1", "a/2"])
        #expect(inner.commonPrefixes == ["a/b/"])
        #expect(try bucket.list(ListingQuery(limit: 0)).last == nil)
    }
}
