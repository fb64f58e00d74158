import AWSSignature
import FoundationEssentials

/// What must be so for a write to happen. Headers: `If-None-Match: *`, `If-Match`.
struct WriteCondition: Sendable {
    var mustBeNew = false
    /// Without quotes.
    var eTag: String?

    static let none = WriteCondition()
}

extension Bucket {
    /// Stores an object. Throws `PreconditionFailed` and, for an object that `If-Match` names and
    /// that is not there, `NoSuchKey`.
    func put(
        _ key: ObjectKey, _ incoming: IncomingFile, _ version: ObjectVersion,
        if condition: WriteCondition = .none
    ) throws(Refusal) -> ObjectVersion {
        try withState { state throws(Refusal) in
            try check(condition, key, state)
            let file = try adopt(incoming, byteCount: version.byteCount)
            do throws(Refusal) {
                return try insert(key, ObjectData([file], disk: disk), version, into: &state)
            } catch {
                file.discard()
                throw error
            }
        }
    }

    func check(_ condition: WriteCondition, _ key: ObjectKey, _ state: State) throws(Refusal) {
        let current = state.objects[key]?.first.flatMap { $0.record.isDeleteMarker ? nil : $0 }
        if condition.mustBeNew, current != nil {
            throw .preconditionFailed("If-None-Match")
        }
        guard let eTag = condition.eTag else { return }
        guard let current else { throw .noSuchKey(key) }
        guard current.record.eTag == eTag else { throw .preconditionFailed("If-Match") }
    }

    /// Makes an object of data that are on the disk.
    func insert(
        _ key: ObjectKey, _ data: ObjectData, _ version: ObjectVersion, into state: inout State
    ) throws(Refusal) -> ObjectVersion {
        var version = version
        version.dataNames = DataNames(data.files.map(\.name))
        version.modified = now().timeIntervalSince1970
        version.id = newVersionID(state)
        try place(StoredVersion(record: version, data: data), under: key, in: &state)
        return version
    }

    private func newVersionID(_ state: State) -> String {
        state.record.versioning == .enabled ? randomName(length: 32) : ObjectVersion.nullID
    }

    /// Puts a version before all others; one with the same id makes room.
    private func place(
        _ version: StoredVersion, under key: ObjectKey, in state: inout State
    ) throws(Refusal) {
        var versions = state.objects[key] ?? []
        versions.removeAll { $0.record.id == version.record.id }
        versions.insert(version, at: 0)
        try commit(versions, of: key, in: &state)
    }

    /// A version of an object, the newest where none is named.
    ///
    /// Throws `NoSuchKey`, `NoSuchVersion`, and what S3 says to a delete marker.
    func find(_ key: ObjectKey, version id: String?) throws(Refusal) -> StoredVersion {
        try withState { state throws(Refusal) in
            let versions = state.objects[key] ?? []
            guard let id else {
                guard let newest = versions.first else { throw .noSuchKey(key) }
                guard !newest.record.isDeleteMarker else {
                    var refusal = Refusal.noSuchKey(key)
                    refusal.headers = deleteMarkerHeaders(newest.record)
                    throw refusal
                }
                return newest
            }
            guard let found = versions.first(where: { $0.record.id == id }) else {
                throw Refusal(
                    "NoSuchVersion", "The specified version does not exist.", status: 404,
                    ["Key": key.text, "VersionId": id])
            }
            guard !found.record.isDeleteMarker else {
                var refusal = Refusal(
                    "MethodNotAllowed",
                    "The specified method is not allowed against this resource.", status: 405,
                    ["Method": "GET", "ResourceType": "DeleteMarker"])
                refusal.headers = deleteMarkerHeaders(found.record)
                throw refusal
            }
            return found
        }
    }

    private func deleteMarkerHeaders(_ version: ObjectVersion) -> [HeaderField] {
        [
            HeaderField("x-amz-delete-marker", "true"),
            HeaderField("x-amz-version-id", version.id),
        ]
    }

    /// What a deletion did.
    struct Deletion: Sendable {
        /// The version that was removed, or the marker that was made.
        var versionID: String?
        var isDeleteMarker = false
    }

    /// Deletes an object, or one version of it. What is not there is no matter.
    func delete(_ key: ObjectKey, version id: String?) throws(Refusal) -> Deletion {
        try withState { state throws(Refusal) in
            var versions = state.objects[key] ?? []
            if let id {
                guard let index = versions.firstIndex(where: { $0.record.id == id }) else {
                    return Deletion(versionID: id)
                }
                let removed = versions.remove(at: index)
                try commit(versions, of: key, in: &state)
                return Deletion(versionID: id, isDeleteMarker: removed.record.isDeleteMarker)
            }
            guard state.record.versioning != nil else {
                if !versions.isEmpty { try commit([], of: key, in: &state) }
                return Deletion()
            }
            let marker = ObjectVersion(
                id: newVersionID(state), isDeleteMarker: true,
                modified: now().timeIntervalSince1970)
            try place(StoredVersion(record: marker), under: key, in: &state)
            return Deletion(versionID: marker.id, isDeleteMarker: true)
        }
    }
}

extension Refusal {
    static func preconditionFailed(_ condition: String) -> Refusal {
        Refusal(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold", status: 412,
            ["Condition": condition])
    }
}
