import FoundationEssentials
import SlipwayCore
import Synchronization

/// All buckets of a sandbox, in one folder.
final class ObjectStore: Sendable {
    private let folder: String
    private let disk: Disk
    private let now: @Sendable () -> Date
    private let buckets = Mutex<[String: Bucket]>([:])

    /// Opens the folder, which is made where it is missing, and sweeps out what was left half done.
    ///
    /// Throws ``SandboxError`` for a folder that cannot be used or is damaged.
    init(
        folder: String, disk: Disk, now: @escaping @Sendable () -> Date
    ) throws(SandboxError) {
        self.folder = folder
        self.disk = disk
        self.now = now
        do throws(Refusal) {
            try DurableFile.make(folder)
            DurableFile.remove(incomingFolder)
            try DurableFile.make(incomingFolder)
            try DurableFile.make(bucketsFolder)
        } catch {
            throw .state(folder, message: error.fault.message)
        }
        for name in DurableFile.names(in: bucketsFolder) {
            let bucket = try Bucket.load(
                folder: "\(bucketsFolder)/\(name)", incomingFolder: incomingFolder, disk: disk,
                now: now)
            buckets.withLock { $0[name] = bucket }
        }
    }

    var incomingFolder: String { folder + "/incoming" }
    private var bucketsFolder: String { folder + "/buckets" }

    /// Makes a bucket. Throws `InvalidBucketName` and `BucketAlreadyOwnedByYou`.
    @discardableResult
    func createBucket(
        _ name: String, region: String, versioning: BucketRecord.Versioning? = nil
    ) throws(Refusal) -> Bucket {
        guard (try? BucketName(name)) != nil else {
            throw Refusal(
                "InvalidBucketName", "The specified bucket is not valid.", ["BucketName": name])
        }
        let record = BucketRecord(
            name: name, region: region, created: now().timeIntervalSince1970,
            versioning: versioning)
        return try locked { buckets throws(Refusal) in
            guard buckets[name] == nil else {
                throw Refusal(
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already "
                        + "own it.", status: 409, ["BucketName": name])
            }
            let bucket = try Bucket.make(
                record, folder: "\(bucketsFolder)/\(name)", incomingFolder: incomingFolder,
                disk: disk, now: now)
            buckets[name] = bucket
            return bucket
        }
    }

    /// Throws `NoSuchBucket`.
    func bucket(_ name: String) throws(Refusal) -> Bucket {
        guard let bucket = buckets.withLock({ $0[name] }) else { throw .noSuchBucket(name) }
        return bucket
    }

    /// By name.
    var all: [Bucket] {
        buckets.withLock { $0.values.sorted { $0.name < $1.name } }
    }

    /// Throws `BucketNotEmpty`, `NoSuchBucket`.
    func deleteBucket(_ name: String) throws(Refusal) {
        try locked { buckets throws(Refusal) in
            guard let bucket = buckets[name] else { throw .noSuchBucket(name) }
            try bucket.delete()
            buckets[name] = nil
        }
    }

    private func locked<Result: Sendable>(
        _ body: (inout [String: Bucket]) throws(Refusal) -> Result
    ) throws(Refusal) -> Result {
        let outcome: Swift.Result<Result, Refusal> = buckets.withLock { buckets in
            do throws(Refusal) {
                return .success(try body(&buckets))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// How an instance downloads a revision.
    var revisions: RevisionObjects {
        let disk = disk
        return RevisionObjects { [self] bucket, key, version throws(AWSFault) in
            do throws(Refusal) {
                return try await disk.run { () throws(Refusal) in
                    let bucket = try self.bucket(bucket)
                    let found = try bucket.find(ObjectKey(key), version: version)
                    let isVersioned = try bucket.versioning != nil
                    return FetchedObject(found, showsVersion: isVersioned)
                }
            } catch {
                throw error.fault
            }
        }
    }
}

extension FetchedObject {
    init(_ found: StoredVersion, showsVersion: Bool) {
        self.init(
            files: found.data?.files.map(\.path) ?? [], eTag: found.record.eTag,
            version: showsVersion ? found.record.id : nil, byteCount: found.record.byteCount,
            keeping: found.data)
    }
}
