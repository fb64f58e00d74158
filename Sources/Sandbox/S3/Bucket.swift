import AWSSignature
import FoundationEssentials
import Synchronization

/// A bucket: an index in memory over files that are there whole or not at all.
///
/// `keys/` has a file for each key, named by a digest since keys may be any text; `data/` has the
/// bytes; `uploads/` the multipart uploads that are under way. Each change is on the disk when a
/// method returns. Methods wait for the disk: call them where waiting is allowed.
final class Bucket: Sendable {
    let name: String
    let region: String
    let created: Date
    let folder: String
    let incomingFolder: String
    let disk: Disk
    let now: @Sendable () -> Date
    private let state: Mutex<State>

    struct State: Sendable {
        var record: BucketRecord
        var objects: [ObjectKey: [StoredVersion]] = [:]
        /// The keys of ``objects``, sorted.
        var keys: [ObjectKey] = []
        var uploads: [String: Upload] = [:]
        /// What became of uploads: a client that lost the answer asks again.
        var completed: [String: ObjectVersion] = [:]
        var isDeleted = false
    }

    private init(
        _ record: BucketRecord, folder: String, incomingFolder: String, disk: Disk,
        now: @escaping @Sendable () -> Date
    ) {
        name = record.name
        region = record.region
        created = Date(timeIntervalSince1970: record.created)
        self.folder = folder
        self.incomingFolder = incomingFolder
        self.disk = disk
        self.now = now
        state = Mutex(State(record: record))
    }

    /// Makes a bucket's folder.
    static func make(
        _ record: BucketRecord, folder: String, incomingFolder: String, disk: Disk,
        now: @escaping @Sendable () -> Date
    ) throws(Refusal) -> Bucket {
        let bucket = Bucket(
            record, folder: folder, incomingFolder: incomingFolder, disk: disk, now: now)
        // Under a name of its own until it is complete.
        let temporary = bucket.incomingName
        for path in [temporary, temporary + "/keys", temporary + "/data", temporary + "/uploads"] {
            try DurableFile.make(path)
        }
        try DurableFile.write(record, to: temporary + "/bucket.json", by: bucket.incomingName)
        try DurableFile.move(temporary, to: folder)
        return bucket
    }

    /// Reads a bucket's folder, and removes from it what belongs to nothing.
    static func load(
        folder: String, incomingFolder: String, disk: Disk, now: @escaping @Sendable () -> Date
    ) throws(SandboxError) -> Bucket {
        guard let record = DurableFile.read(BucketRecord.self, from: folder + "/bucket.json") else {
            throw .damagedState(folder + "/bucket.json")
        }
        let bucket = Bucket(
            record, folder: folder, incomingFolder: incomingFolder, disk: disk, now: now)
        let state = try bucket.readState(record)
        bucket.state.withLock { $0 = state }
        return bucket
    }

    // MARK: - What the parts of a bucket share

    /// Runs the body while nothing else changes the bucket.
    func withState<Result: Sendable>(
        _ body: (inout State) throws(Refusal) -> Result
    ) throws(Refusal) -> Result {
        let outcome: Swift.Result<Result, Refusal> = state.withLock { state in
            guard !state.isDeleted else { return .failure(.noSuchBucket(name)) }
            do throws(Refusal) {
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    var incomingName: String { "\(incomingFolder)/\(randomName(length: 24))" }

    func file(_ dataName: String, byteCount: Int) -> DataFile {
        DataFile(dataName, in: folder + "/data", byteCount: byteCount, disk: disk)
    }

    /// Gives bytes that came in a name of their own among the data.
    func adopt(_ incoming: IncomingFile, byteCount: Int) throws(Refusal) -> DataFile {
        let file = file(randomName(length: 24), byteCount: byteCount)
        try DurableFile.move(incoming.path, to: file.path)
        return file
    }

    func recordPath(_ key: ObjectKey) -> String {
        "\(folder)/keys/\(ContentDigest.sha256(key.text.utf8).hexadecimal).json"
    }

    /// Makes versions, newest first, the ones of a key: on the disk, then in the index.
    func commit(
        _ versions: [StoredVersion], of key: ObjectKey, in state: inout State
    ) throws(Refusal) {
        let former = state.objects[key] ?? []
        if versions.isEmpty {
            DurableFile.remove(recordPath(key))
            try DurableFile.sync(folderOf: recordPath(key))
            state.objects[key] = nil
            if let index = Self.index(of: key, in: state.keys) { state.keys.remove(at: index) }
        } else {
            try DurableFile.write(
                KeyRecord(key: key, versions: versions.map(\.record)), to: recordPath(key),
                by: incomingName)
            state.objects[key] = versions
            if former.isEmpty {
                state.keys.insert(key, at: Self.lowerBound(key, in: state.keys))
            }
        }
        // No two versions share a file.
        let kept = Set(versions.compactMap { $0.data?.files[0].name })
        for data in former.compactMap(\.data) where !kept.contains(data.files[0].name) {
            data.discard()
        }
    }

    /// Where a key is, or would be, among sorted ones.
    static func lowerBound(_ key: ObjectKey, in keys: [ObjectKey]) -> Int {
        var range = 0..<keys.count
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            range =
                keys[middle] < key ? (middle + 1)..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    private static func index(of key: ObjectKey, in keys: [ObjectKey]) -> Int? {
        let index = lowerBound(key, in: keys)
        return index < keys.count && keys[index] == key ? index : nil
    }

    // MARK: - The bucket itself

    var versioning: BucketRecord.Versioning? {
        get throws(Refusal) { try withState { state throws(Refusal) in state.record.versioning } }
    }

    func setVersioning(_ versioning: BucketRecord.Versioning) throws(Refusal) {
        try withState { state throws(Refusal) in
            var record = state.record
            record.versioning = versioning
            try DurableFile.write(record, to: folder + "/bucket.json", by: incomingName)
            state.record = record
        }
    }

    /// Removes it from the disk, if nothing is in it.
    func delete() throws(Refusal) {
        try withState { state throws(Refusal) in
            guard state.objects.isEmpty else {
                // S3's own words for both.
                let isVersioned = state.record.versioning != nil
                throw Refusal(
                    "BucketNotEmpty",
                    "The bucket you tried to delete is not empty"
                        + (isVersioned ? ". You must delete all versions in the bucket." : ""),
                    status: 409, ["BucketName": name])
            }
            let temporary = incomingName
            try DurableFile.move(folder, to: temporary)
            state.isDeleted = true
            DurableFile.remove(temporary)
        }
    }
}

extension Refusal {
    static func noSuchBucket(_ name: String) -> Refusal {
        Refusal(
            "NoSuchBucket", "The specified bucket does not exist", status: 404,
            ["BucketName": name])
    }

    static func noSuchKey(_ key: ObjectKey) -> Refusal {
        Refusal(
            "NoSuchKey", "The specified key does not exist.", status: 404, ["Key": key.text])
    }
}
