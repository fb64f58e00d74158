internal import AWSSignature
package import SlipwayCore

/// Objects and buckets of S3. Everything throws ``AWSError`` and `CancellationError`.
///
/// The region is where buckets are expected; one that is elsewhere is found and said.
package struct S3Client: Sendable {
    private let caller: AWSCaller
    private let region: Region
    private let policy: RetryPolicy?

    /// `policy` says when a request is tried again; nil: as the caller does.
    package init(_ caller: AWSCaller, region: Region, policy: RetryPolicy? = nil) {
        self.caller = caller
        self.region = region
        self.policy = policy
    }

    /// Stores an object in one request.
    ///
    /// AWS operation: `PutObject`.
    package func putObject(
        _ content: ObjectContent, bucket: BucketName, key: S3Key,
        options: ObjectOptions = ObjectOptions()
    ) async throws -> StoredObject {
        var call = call("PutObject", "PUT", bucket, key)
        call.headers = options.headers
        call.add(content)
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            guard let eTag = response.headers["etag"].flatMap(ETag.init) else { throw .garbled }
            return StoredObject(eTag: eTag, version: response.version)
        }
    }

    /// Begins an upload in parts. It costs money until it is completed or aborted.
    ///
    /// AWS operation: `CreateMultipartUpload`.
    package func createMultipartUpload(
        bucket: BucketName, key: S3Key, options: ObjectOptions = ObjectOptions()
    ) async throws -> MultipartUpload {
        var call = call("CreateMultipartUpload", "POST", bucket, key)
        call.query = [QueryItem("uploads")]
        call.headers = options.headers
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            let answer = try response.document()
            guard let id = answer["UploadId"]?.text, !id.isEmpty else { throw .garbled }
            return MultipartUpload(bucket: bucket, key: key, id: id)
        }
    }

    /// Sends one part: 5 MiB to 5 GiB, and only the last may have less. A part that is sent again
    /// replaces the one before.
    ///
    /// AWS operation: `UploadPart`.
    package func uploadPart(
        _ number: Int, _ content: ObjectContent, of upload: MultipartUpload
    ) async throws -> ObjectPart {
        var call = call("UploadPart", "PUT", upload)
        call.query.insert(QueryItem("partNumber", String(number)), at: 0)
        call.add(content)
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            guard let eTag = response.headers["etag"].flatMap(ETag.init) else { throw .garbled }
            return ObjectPart(number: number, eTag: eTag)
        }
    }

    /// Makes the parts one object.
    ///
    /// Where an answer got lost, the object may be there and the upload gone when it is asked
    /// again: then the object is looked at, and taken if its eTag is the one that these parts give.
    ///
    /// AWS operation: `CompleteMultipartUpload`.
    package func completeMultipartUpload(
        _ upload: MultipartUpload, parts: [ObjectPart]
    ) async throws -> StoredObject {
        let parts = parts.sorted { $0.number < $1.number }
        let elements = parts.map { part in
            let eTag = "\"\(part.eTag.rawValue)\"".xmlEscaped
            return "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(eTag)</ETag></Part>"
        }
        let document =
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            + elements.joined() + "</CompleteMultipartUpload>"
        var call = call("CompleteMultipartUpload", "POST", upload)
        call.headers = [HeaderField("Content-Type", "application/xml")]
        call.add(ObjectContent(Array(document.utf8), checksMD5: false))
        do {
            return try await caller.perform(call) { response throws(AnswerFlaw) in
                let answer = try response.document()
                guard let eTag = answer["ETag"].flatMap({ ETag($0.text) }) else { throw .garbled }
                return StoredObject(eTag: eTag, version: response.version)
            }
        } catch let error as AWSError where error.code == "NoSuchUpload" && error.attempts > 1 {
            guard let expected = ETag(ofParts: parts),
                let found = try? await headObject(bucket: upload.bucket, key: upload.key),
                found.eTag == expected
            else { throw error }
            return StoredObject(eTag: expected, version: found.version)
        }
    }

    /// Gives an upload up and frees its parts. An upload that is gone already is no error.
    ///
    /// AWS operation: `AbortMultipartUpload`.
    package func abortMultipartUpload(_ upload: MultipartUpload) async throws {
        let call = call("AbortMultipartUpload", "DELETE", upload)
        do {
            try await caller.perform(call) { _ throws(AnswerFlaw) in }
        } catch let error as AWSError where error.code == "NoSuchUpload" {
            return
        }
    }

    /// The parts that arrived, all of them.
    ///
    /// AWS operation: `ListParts`.
    package func listParts(_ upload: MultipartUpload) async throws -> [ObjectPart] {
        var parts: [ObjectPart] = []
        var marker: String?
        repeat {
            var call = call("ListParts", "GET", upload)
            if let marker { call.query.append(QueryItem("part-number-marker", marker)) }
            let answer = try await caller.perform(call) { response throws(AnswerFlaw) in
                try response.document("ListParts")
            }
            for part in answer.all("Part") {
                guard let number = part["PartNumber"].flatMap({ Int($0.text) }),
                    let eTag = part["ETag"].flatMap({ ETag($0.text) })
                else { continue }
                let byteCount = part["Size"].flatMap { Int($0.text) }
                parts.append(ObjectPart(number: number, eTag: eTag, byteCount: byteCount))
            }
            marker = answer.next("NextPartNumberMarker", after: marker)
        } while marker != nil
        return parts
    }

    /// The uploads that were begun and neither completed nor aborted, of keys that begin so.
    ///
    /// AWS operation: `ListMultipartUploads`.
    package func listMultipartUploads(
        bucket: BucketName, prefix: String = ""
    ) async throws -> [MultipartUpload] {
        var uploads: [MultipartUpload] = []
        var marker: String?
        var idMarker: String?
        repeat {
            var call = call("ListMultipartUploads", "GET", bucket)
            call.query = [QueryItem("uploads"), QueryItem("prefix", prefix)]
            if let marker { call.query.append(QueryItem("key-marker", marker)) }
            if let idMarker { call.query.append(QueryItem("upload-id-marker", idMarker)) }
            let answer = try await caller.perform(call) { response throws(AnswerFlaw) in
                try response.document("ListMultipartUploads")
            }
            for upload in answer.all("Upload") {
                // A key that slipway would refuse is none of its uploads.
                guard let id = upload["UploadId"]?.text,
                    let key = upload["Key"].flatMap({ try? S3Key($0.text) })
                else { continue }
                uploads.append(MultipartUpload(bucket: bucket, key: key, id: id))
            }
            let next = (answer["NextKeyMarker"]?.text, answer["NextUploadIdMarker"]?.text)
            guard answer["IsTruncated"]?.text == "true", next != (marker, idMarker) else { break }
            (marker, idMarker) = next
        } while marker != nil
        return uploads
    }

    /// What S3 says of an object; of a version of it if one is given.
    ///
    /// AWS operation: `HeadObject`.
    package func headObject(
        bucket: BucketName, key: S3Key, version: ObjectVersion? = nil
    ) async throws -> ObjectInfo {
        var call = call("HeadObject", "HEAD", bucket, key)
        if let version { call.query = [QueryItem("versionId", version.rawValue)] }
        return try await caller.perform(call) { response throws(AnswerFlaw) in response.object }
    }

    /// Fetches an object piece by piece. The sink is made anew when an answer begins, so a download
    /// that broke off begins from the front; it is called on the transport's thread.
    ///
    /// AWS operation: `GetObject`.
    package func getObject(
        bucket: BucketName, key: S3Key, version: ObjectVersion? = nil,
        makeSink: @escaping @Sendable () throws -> (UnsafeRawBufferPointer) throws -> Void
    ) async throws -> ObjectInfo {
        var call = call("GetObject", "GET", bucket, key)
        if let version { call.query = [QueryItem("versionId", version.rawValue)] }
        call.answer = .sink { _ in try makeSink() }
        return try await caller.perform(call) { response throws(AnswerFlaw) in response.object }
    }

    /// The region a bucket is in, if S3 says so. Throws with the meaning `missing` where there is
    /// no such bucket.
    ///
    /// AWS operation: `HeadBucket`.
    package func headBucket(_ bucket: BucketName) async throws -> Region? {
        let call = call("HeadBucket", "HEAD", bucket)
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            response.headers["x-amz-bucket-region"].flatMap { try? Region($0) }
        }
    }

    /// The region a bucket is in.
    ///
    /// AWS operation: `GetBucketLocation`.
    package func bucketLocation(_ bucket: BucketName) async throws -> Region {
        var call = call("GetBucketLocation", "GET", bucket)
        call.query = [QueryItem("location")]
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            let name = try response.document("Location").text
            // The first region of all has no name here, and the third an old one.
            let modern = ["": "us-east-1", "EU": "eu-west-1"][name] ?? name
            guard let region = try? Region(modern) else { throw .garbled }
            return region
        }
    }

    /// Whether a bucket keeps old versions.
    ///
    /// AWS operation: `GetBucketVersioning`.
    package func bucketVersioning(_ bucket: BucketName) async throws -> BucketVersioning {
        var call = call("GetBucketVersioning", "GET", bucket)
        call.query = [QueryItem("versioning")]
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            switch try response.document("Versioning")["Status"]?.text {
            case "Enabled": .enabled
            case nil, "": .never
            default: .suspended
            }
        }
    }
}

extension S3Client {
    private func call(
        _ operation: String, _ method: String, _ bucket: BucketName, _ key: S3Key? = nil
    ) -> AWSCall {
        let endpoints = caller.endpoints
        let rest = "/" + (key?.rawValue ?? "")
        return AWSCall(
            operation: operation, service: .s3, region: region, bucket: bucket,
            place: { region in
                let (endpoint, isInPath) = endpoints.bucketEndpoint(bucket, in: region)
                let name = isInPath ? "/\(bucket)" : ""
                return AWSCall.Place(
                    endpoint: endpoint,
                    path: RequestPath(decoded: endpoint.pathPrefix + name + rest))
            }, method: method, policy: policy)
    }

    private func call(
        _ operation: String, _ method: String, _ upload: MultipartUpload
    ) -> AWSCall {
        var call = call(operation, method, upload.bucket, upload.key)
        call.query = [QueryItem("uploadId", upload.id)]
        return call
    }
}

extension AWSCall {
    fileprivate mutating func add(_ content: ObjectContent) {
        body = content.body
        payload = PayloadHash(content.sha256)
        if let checksum = content.checksum { headers.append(checksum.header) }
    }
}

extension HTTPResponse {
    fileprivate var version: ObjectVersion? {
        headers["x-amz-version-id"].flatMap(ObjectVersion.init)
    }

    fileprivate var object: ObjectInfo {
        ObjectInfo(
            byteCount: headers["content-length"].flatMap { Int($0) },
            eTag: headers["etag"].flatMap(ETag.init), version: version)
    }

    /// The document of a success; an error may come in its place. What its name must
    /// contain matters only where nothing in it tells what it is: servers differ in the rest.
    fileprivate func document(_ name: String? = nil) throws(AnswerFlaw) -> XMLElement {
        guard let root = XMLElement.parse(body) else { throw .garbled }
        if let error = ErrorAnswer(root) { throw .failure(error) }
        guard name.map(root.name.contains) ?? true else { throw .garbled }
        return root
    }
}

extension XMLElement {
    /// Where the next page begins; nil where there is none, or where it would be this one again.
    fileprivate func next(_ name: String, after marker: String?) -> String? {
        guard self["IsTruncated"]?.text == "true", let next = self[name]?.text, !next.isEmpty,
            next != marker
        else { return nil }
        return next
    }
}

extension ETag {
    /// The eTag that S3 gives an object of these parts: the MD5 of their MD5s, and their number.
    /// Nil where an eTag is no MD5, such as under a KMS key.
    init?(ofParts parts: [ObjectPart]) {
        var digests: [UInt8] = []
        for part in parts {
            guard let bytes = Hexadecimal.decode(part.eTag.rawValue), bytes.count == 16
            else { return nil }
            digests += bytes
        }
        self.init("\(ContentDigest.md5(digests).hexadecimal)-\(parts.count)")
    }
}
