import AWSSignature
import FoundationEssentials
import SlipwayCore

extension S3Service {
    func putObject(_ call: Call) async throws -> Answer {
        let bucket = try bucket(call)
        let key = call.key
        try Self.checkKey(key)
        let attributes = try ObjectAttributes(call.request)
        let condition = try WriteCondition(call.request)
        // Before the bytes come, and again when they are there.
        let incomingFolder = bucket.incomingFolder
        try await disk.run { () throws(Refusal) in
            try bucket.withState { state throws(Refusal) in
                try bucket.check(condition, key, state)
            }
        }
        let received = try await call.payload.receive(into: incomingFolder, by: disk)
        let eTag =
            attributes.isEncryptedByKMS
            ? Bucket.randomETag() : received.digests.md5.hexadecimal
        let new = ObjectVersion(
            id: "", modified: 0, eTag: eTag, byteCount: received.digests.byteCount,
            attributes: attributes, checksum: received.checksum)
        let (stored, isVersioned) = try await disk.run { () throws(Refusal) in
            let stored = try bucket.put(key, received.file, new, if: condition)
            return (stored, try bucket.versioning != nil)
        }
        return Answer(headers: Self.writeHeaders(stored, isVersioned: isVersioned))
    }

    static func checkKey(_ key: ObjectKey) throws(Refusal) {
        guard key.text.utf8.count <= KeyPattern.keyByteLimit else {
            throw Refusal(
                "KeyTooLongError", "Your key is too long",
                [
                    "Size": String(key.text.utf8.count),
                    "MaxSizeAllowed": String(KeyPattern.keyByteLimit),
                ])
        }
    }

    /// What an upload's answer says of the object.
    static func writeHeaders(_ version: ObjectVersion, isVersioned: Bool) -> [HeaderField] {
        var headers = [HeaderField("ETag", "\"\(version.eTag)\"")]
        if isVersioned { headers.append(HeaderField("x-amz-version-id", version.id)) }
        headers += encryptionHeaders(version.attributes)
        if let checksum = version.checksum {
            headers += checksumHeaders(checksum)
        }
        return headers
    }

    static func checksumHeaders(_ checksum: ObjectChecksum) -> [HeaderField] {
        [
            HeaderField(checksum.algorithm.headerName, checksum.value),
            HeaderField("x-amz-checksum-type", checksum.kind.rawValue),
        ]
    }

    static func encryptionHeaders(_ attributes: ObjectAttributes) -> [HeaderField] {
        ObjectAttributes.encryptionHeaders.compactMap { name in
            attributes.headers[name].map { HeaderField(name, $0) }
        }
    }

    /// GetObject and HeadObject.
    func getObject(_ call: Call) async throws -> Answer {
        let bucket = try bucket(call)
        let key = call.key
        let (found, isVersioned) = try await find(call, in: bucket).get()
        let request = call.request
        var headers = Self.readHeaders(found.record, isVersioned: isVersioned, request)
        switch try ReadCondition(request).judge(found.record) {
        case .notModified:
            return Answer(304, headers: headers.filter { !$0.isNamed("content-type") })
        case .failed(let name): throw Refusal.preconditionFailed(name)
        case .holds: break
        }
        guard let data = found.data else { throw Refusal.noSuchKey(key) }
        let isHead = call.operation == .headObject
        let range = try ByteRange(request, found.record)
        // It is of all bytes, and says nothing about some.
        if !range.isPartial, request.headers["x-amz-checksum-mode"] == "ENABLED",
            let checksum = found.record.checksum
        {
            headers += Self.checksumHeaders(checksum)
        }
        if range.isPartial {
            let last = range.offset + range.byteCount - 1
            headers.append(
                HeaderField(
                    "Content-Range", "bytes \(range.offset)-\(last)/\(found.record.byteCount)"))
        }
        if let count = range.partCount {
            headers.append(HeaderField("x-amz-mp-parts-count", String(count)))
        }
        return Answer(
            range.isPartial ? 206 : 200, headers: headers,
            body: isHead
                ? .headOnly(byteCount: range.byteCount)
                : .data(
                    DataSlice(data: data, offset: range.offset, byteCount: range.byteCount)))
    }

    /// The version that a call names. Who may not list is not told what is missing.
    private func find(
        _ call: Call, in bucket: Bucket
    ) async -> Result<(StoredVersion, isVersioned: Bool), Refusal> {
        let (key, version) = (call.key, call.version)
        do throws(Refusal) {
            return .success(
                try await disk.run { () throws(Refusal) in
                    (try bucket.find(key, version: version), try bucket.versioning != nil)
                })
        } catch {
            let listing = Authorization(
                action: "s3:ListBucket", resource: "arn:\(partition):s3:::\(bucket.name)")
            guard error.fault.code == "NoSuchKey", !call.isAllowed(listing) else {
                return .failure(error)
            }
            return .failure(Refusal("AccessDenied", "Access Denied", status: 403))
        }
    }

    private static func readHeaders(
        _ version: ObjectVersion, isVersioned: Bool, _ request: IncomingRequest
    ) -> [HeaderField] {
        var headers = [
            HeaderField("ETag", "\"\(version.eTag)\""),
            HeaderField(
                "Last-Modified",
                S3Time.http(Date(timeIntervalSince1970: version.modified))),
            HeaderField("Accept-Ranges", "bytes"),
        ]
        if isVersioned { headers.append(HeaderField("x-amz-version-id", version.id)) }
        for (name, value) in version.attributes.headers.sorted(by: { $0.key < $1.key }) {
            headers.append(HeaderField(name, request.item("response-\(name)") ?? value))
        }
        for name in ObjectAttributes.contentHeaders where version.attributes.headers[name] == nil {
            if let value = request.item("response-\(name)") {
                headers.append(HeaderField(name, value))
            }
        }
        if !version.attributes.tags.isEmpty {
            headers.append(
                HeaderField("x-amz-tagging-count", String(version.attributes.tags.count)))
        }
        return headers
    }

    func deleteObject(
        _ request: IncomingRequest, _ bucket: Bucket, _ key: ObjectKey
    ) throws(Refusal) -> Answer {
        let deletion = try bucket.delete(key, version: request.item("versionId"))
        var headers: [HeaderField] = []
        if let id = deletion.versionID { headers.append(HeaderField("x-amz-version-id", id)) }
        if deletion.isDeleteMarker { headers.append(HeaderField("x-amz-delete-marker", "true")) }
        return Answer(204, headers: headers)
    }

    /// Up to a thousand at once.
    func deleteObjects(_ call: Call) async throws -> Answer {
        let body = try await call.payload.whole(byteLimit: Self.documentByteLimit)
        guard let document = XMLReader.read(body), document.name == "Delete",
            case let objects = document.children.filter({ $0.name == "Object" }),
            (1...1000).contains(objects.count)
        else { throw Refusal.malformedXML }
        let bucket = try bucket(call)
        let isQuiet = document["Quiet"]?.text == "true"
        var allowed: [(key: ObjectKey, version: String?, mayDelete: Bool)] = []
        for object in objects {
            guard let key = object["Key"]?.text else { throw Refusal.malformedXML }
            let version = object["VersionId"]?.text
            let address = S3Address(bucket: bucket.name, key: ObjectKey(key))
            let needed = Authorization(
                action: version == nil ? "s3:DeleteObject" : "s3:DeleteObjectVersion",
                resource: address.arn(partition))
            allowed.append((ObjectKey(key), version, call.isAllowed(needed)))
        }
        let wanted = allowed
        return try await disk.run { () throws(Refusal) in
            var results: [XMLElement] = []
            for (key, version, mayDelete) in wanted {
                guard mayDelete else {
                    results.append(
                        XMLElement(
                            "Error",
                            [
                                XMLElement("Key", key.text),
                                version.map { XMLElement("VersionId", $0) },
                                XMLElement("Code", "AccessDenied"),
                                XMLElement("Message", "Access Denied"),
                            ]))
                    continue
                }
                let deletion = try bucket.delete(key, version: version)
                guard !isQuiet else { continue }
                results.append(Self.deleted(key, version, deletion))
            }
            return Answer(xml: XMLElement("DeleteResult", namespace: Self.namespace, results))
        }
    }

    private static func deleted(
        _ key: ObjectKey, _ version: String?, _ deletion: Bucket.Deletion
    ) -> XMLElement {
        XMLElement(
            "Deleted",
            [
                XMLElement("Key", key.text),
                version.map { XMLElement("VersionId", $0) },
                deletion.isDeleteMarker ? XMLElement("DeleteMarker", "true") : nil,
                deletion.isDeleteMarker
                    ? deletion.versionID.map { XMLElement("DeleteMarkerVersionId", $0) } : nil,
            ])
    }

    func getTagging(
        _ request: IncomingRequest, _ bucket: Bucket, _ key: ObjectKey
    ) throws(Refusal) -> Answer {
        let found = try bucket.find(key, version: request.item("versionId"))
        let tags = found.record.attributes.tags.map {
            XMLElement("Tag", [XMLElement("Key", $0.key), XMLElement("Value", $0.value)])
        }
        return Answer(
            xml: XMLElement(
                "Tagging", namespace: Self.namespace, [XMLElement("TagSet", tags)]))
    }

    func copyObject(_ call: Call) async throws -> Answer {
        let bucket = try bucket(call)
        try Self.checkKey(call.key)
        let source = try CopySource(call.request)
        let given = try ObjectAttributes(call.request)
        let (store, disk, key) = (store, disk, call.key)
        let replaces = call.header("x-amz-metadata-directive") == "REPLACE"
        let replacesTags = call.header("x-amz-tagging-directive") == "REPLACE"
        let condition = try WriteCondition(call.request)
        let judge = try ReadCondition(call.request, prefix: "x-amz-copy-source-")
        if source.address == call.address, source.version == nil, !replaces,
            call.header("x-amz-server-side-encryption") == nil
        {
            throw Refusal(
                "InvalidRequest",
                "This copy request is illegal because it is trying to copy an object to itself "
                    + "without changing the object's metadata, storage class, website redirect "
                    + "location or encryption attributes.")
        }
        let (copied, isVersioned, sourceID) = try await disk.run { () throws(Refusal) in
            let found = try source.find(in: store)
            guard case .holds = judge.judge(found.record) else {
                throw .preconditionFailed("x-amz-copy-source")
            }
            var attributes = replaces ? given : found.record.attributes
            for name in ObjectAttributes.encryptionHeaders {
                attributes.headers[name] = given.headers[name]
            }
            attributes.tags = replacesTags ? given.tags : found.record.attributes.tags
            let (file, digests, checksum) = try source.copy(
                found, range: nil, into: bucket.incomingFolder,
                algorithm: found.record.checksum?.algorithm)
            let new = ObjectVersion(
                id: "", modified: 0,
                eTag: attributes.isEncryptedByKMS
                    ? Bucket.randomETag() : digests.md5.hexadecimal,
                byteCount: digests.byteCount, attributes: attributes, checksum: checksum)
            let stored = try bucket.put(key, file, new, if: condition)
            let sourceID = try store.bucket(source.address.bucket ?? "").versioning.map { _ in
                found.record.id
            }
            return (stored, try bucket.versioning != nil, sourceID)
        }
        var headers = Self.writeHeaders(copied, isVersioned: isVersioned)
            .filter { !$0.isNamed("etag") }
        if let sourceID {
            headers.append(HeaderField("x-amz-copy-source-version-id", sourceID))
        }
        return Answer(
            headers: headers,
            xml: XMLElement(
                "CopyObjectResult", namespace: Self.namespace,
                [
                    XMLElement("LastModified", S3Time.iso(copied.modified)),
                    XMLElement("ETag", "\"\(copied.eTag)\""),
                    copied.checksum.map { XMLElement($0.algorithm.elementName, $0.value) },
                ]))
    }
}
