import AWSSignature
import FoundationEssentials

extension S3Service {
    func createUpload(
        _ request: IncomingRequest, _ bucket: Bucket, _ key: ObjectKey
    ) throws(Refusal) -> Answer {
        try Self.checkKey(key)
        let attributes = try ObjectAttributes(request)
        let (algorithm, kind) = try Self.checksum(request)
        let upload = try bucket.beginUpload(key, attributes, algorithm: algorithm, kind: kind)
        var headers = Self.encryptionHeaders(attributes)
        if let algorithm, let kind {
            headers += [
                HeaderField("x-amz-checksum-algorithm", algorithm.rawValue),
                HeaderField("x-amz-checksum-type", kind.rawValue),
            ]
        }
        return Answer(
            headers: headers,
            xml: XMLElement(
                "InitiateMultipartUploadResult", namespace: Self.namespace,
                [
                    XMLElement("Bucket", bucket.name), XMLElement("Key", key.text),
                    XMLElement("UploadId", upload.id),
                ]))
    }

    private static func checksum(
        _ request: IncomingRequest
    ) throws(Refusal) -> (ChecksumAlgorithm?, ObjectChecksum.Kind?) {
        guard let name = request.headers["x-amz-checksum-algorithm"] else {
            guard request.headers["x-amz-checksum-type"] == nil else {
                throw Refusal(
                    "InvalidRequest",
                    "The x-amz-checksum-type header can only be used with the "
                        + "x-amz-checksum-algorithm header.")
            }
            return (nil, nil)
        }
        guard let algorithm = ChecksumAlgorithm(rawValue: name.uppercased()) else {
            throw Refusal(
                "InvalidRequest", "The sandbox does not support the checksum algorithm \(name).")
        }
        let text = request.headers["x-amz-checksum-type"]
        let kind = text.map { ObjectChecksum.Kind(rawValue: $0) } ?? algorithm.usualKind
        guard let kind, algorithm.allows(kind) else {
            throw Refusal(
                "InvalidRequest",
                "The \(text ?? "") checksum type cannot be used with the "
                    + "\(algorithm.rawValue.lowercased()) checksum algorithm.")
        }
        return (algorithm, kind)
    }

    private static func partNumber(_ call: Call) throws(Refusal) -> Int {
        guard let number = call.item("partNumber").flatMap({ Int($0) }),
            Bucket.partNumbers.contains(number)
        else { throw .partNumber }
        return number
    }

    func uploadPart(_ call: Call) async throws -> Answer {
        let bucket = try bucket(call)
        let number = try Self.partNumber(call)
        let (key, id) = (call.key, call.item("uploadId") ?? "")
        let upload = try await disk.run { () throws(Refusal) in
            try bucket.upload(id, of: key).record
        }
        let received = try await call.payload.receive(into: bucket.incomingFolder, by: disk)
        try Self.checkKind(received.checksum, upload)
        let digests = received.digests
        let eTag =
            upload.attributes.isEncryptedByKMS
            ? Bucket.randomETag() : digests.md5.hexadecimal
        try await disk.run { () throws(Refusal) in
            try bucket.putPart(
                number, of: key, upload: id, received.file, eTag: eTag,
                byteCount: digests.byteCount, checksum: received.checksum)
        }
        var headers = [HeaderField("ETag", "\"\(eTag)\"")]
        headers += Self.encryptionHeaders(upload.attributes)
        if let checksum = received.checksum {
            headers.append(HeaderField(checksum.algorithm.headerName, checksum.value))
        }
        return Answer(headers: headers)
    }

    /// Parts have the checksum that the upload began with.
    private static func checkKind(
        _ checksum: ObjectChecksum?, _ upload: UploadRecord
    ) throws(Refusal) {
        guard let expected = upload.algorithm, upload.checksumKind == .composite,
            checksum?.algorithm != expected
        else { return }
        let given = checksum?.algorithm.rawValue.lowercased() ?? "null"
        throw Refusal(
            "InvalidRequest",
            "Checksum Type mismatch occurred, expected checksum Type: "
                + "\(expected.rawValue.lowercased()), actual checksum Type: \(given)")
    }

    func uploadPartCopy(_ call: Call) async throws -> Answer {
        let bucket = try bucket(call)
        let number = try Self.partNumber(call)
        let source = try CopySource(call.request)
        let (store, key, id) = (store, call.key, call.item("uploadId") ?? "")
        let rangeText = call.header("x-amz-copy-source-range")
        let now = bucket.now
        return try await disk.run { () throws(Refusal) in
            let upload = try bucket.upload(id, of: key).record
            let found = try source.find(in: store)
            let range = try Self.copyRange(rangeText, found.record.byteCount)
            let (file, digests, checksum) = try source.copy(
                found, range: range, into: bucket.incomingFolder, algorithm: upload.algorithm)
            let eTag =
                upload.attributes.isEncryptedByKMS
                ? Bucket.randomETag() : digests.md5.hexadecimal
            try bucket.putPart(
                number, of: key, upload: id, file, eTag: eTag, byteCount: digests.byteCount,
                checksum: checksum)
            return Answer(
                xml: XMLElement(
                    "CopyPartResult", namespace: Self.namespace,
                    [
                        XMLElement("LastModified", S3Time.iso(now())),
                        XMLElement("ETag", "\"\(eTag)\""),
                        checksum.map { XMLElement($0.algorithm.elementName, $0.value) },
                    ]))
        }
    }

    private static func copyRange(_ text: String?, _ total: Int) throws(Refusal) -> Range<Int>? {
        guard let text else { return nil }
        guard case (let first?, let last?)? = ByteRange.parse(text), last < total else {
            throw Refusal(
                "InvalidArgument",
                "The x-amz-copy-source-range value must be of the form bytes=first-last where "
                    + "first and last are the zero-based offsets of the first and last bytes to "
                    + "copy",
                ["ArgumentName": "x-amz-copy-source-range", "ArgumentValue": text])
        }
        return first..<(last + 1)
    }

    func completeUpload(_ call: Call) async throws -> Answer {
        let body = try await call.payload.whole(byteLimit: Self.documentByteLimit)
        let parts = try Self.listedParts(body)
        let bucket = try bucket(call)
        var expected = Bucket.Expected()
        expected.condition = try WriteCondition(call.request)
        expected.byteCount = call.header("x-amz-mp-object-size").flatMap { Int($0) }
        for algorithm in ChecksumAlgorithm.allCases {
            if let value = call.header(algorithm.headerName) {
                expected.checksum = (algorithm, value)
            }
        }
        let (key, id, wanted) = (call.key, call.item("uploadId") ?? "", expected)
        let (stored, isVersioned) = try await disk.run { () throws(Refusal) in
            let stored = try bucket.completeUpload(id, of: key, parts, wanted)
            return (stored, try bucket.versioning != nil)
        }
        let headers = Self.writeHeaders(stored, isVersioned: isVersioned)
            .filter { !$0.isNamed("etag") && !$0.name.hasPrefix("x-amz-checksum-") }
        let host = call.header("host") ?? ""
        return Answer(
            headers: headers,
            xml: XMLElement(
                "CompleteMultipartUploadResult", namespace: Self.namespace,
                [
                    XMLElement("Location", "http://\(host)\(call.request.path.encoded)"),
                    XMLElement("Bucket", bucket.name), XMLElement("Key", key.text),
                    XMLElement("ETag", "\"\(stored.eTag)\""),
                    stored.checksum.map { XMLElement($0.algorithm.elementName, $0.value) },
                    stored.checksum.map { XMLElement("ChecksumType", $0.kind.rawValue) },
                ]))
    }

    private static func listedParts(_ body: [UInt8]) throws(Refusal) -> [Bucket.ListedPart] {
        guard let document = XMLReader.read(body), document.name == "CompleteMultipartUpload",
            !document.children.isEmpty
        else { throw .malformedXML }
        var parts: [Bucket.ListedPart] = []
        for element in document.children {
            guard element.name == "Part",
                let number = element["PartNumber"].flatMap({ Int($0.text) }),
                let eTag = element["ETag"]?.text
            else { throw .malformedXML }
            var part = Bucket.ListedPart(number: number, eTag: withoutQuotes(eTag))
            for algorithm in ChecksumAlgorithm.allCases {
                part.checksums[algorithm] = element[algorithm.elementName]?.text
            }
            parts.append(part)
        }
        return parts
    }

    func listParts(
        _ request: IncomingRequest, _ bucket: Bucket, _ key: ObjectKey
    ) throws(Refusal) -> Answer {
        let upload = try bucket.upload(request.item("uploadId") ?? "", of: key)
        let limit = try ListingAnswer.limit(request, "max-parts")
        let after = request.item("part-number-marker").flatMap { Int($0) } ?? 0
        let rest = upload.sortedParts.filter { $0.record.number > after }
        let page = rest.prefix(limit)
        let next = page.last?.record.number ?? after
        let head = [
            XMLElement("Bucket", bucket.name), XMLElement("Key", key.text),
            XMLElement("UploadId", upload.record.id),
            XMLElement("PartNumberMarker", String(after)),
            XMLElement("NextPartNumberMarker", String(next)),
            XMLElement("MaxParts", String(limit)),
            XMLElement("IsTruncated", rest.count > limit ? "true" : "false"),
            Self.owner(account), XMLElement("StorageClass", "STANDARD"),
        ]
        let parts = page.map { part in
            XMLElement(
                "Part",
                [
                    XMLElement("PartNumber", String(part.record.number)),
                    XMLElement("LastModified", S3Time.iso(part.record.modified)),
                    XMLElement("ETag", "\"\(part.record.eTag)\""),
                    XMLElement("Size", String(part.record.byteCount)),
                    part.record.checksum.map { XMLElement($0.algorithm.elementName, $0.value) },
                ])
        }
        return Answer(
            xml: XMLElement("ListPartsResult", namespace: Self.namespace, head + parts))
    }

    func listUploads(_ request: IncomingRequest, _ bucket: Bucket) throws(Refusal) -> Answer {
        let limit = try ListingAnswer.limit(request, "max-uploads")
        let prefix = request.item("prefix") ?? ""
        let keyMarker = request.item("key-marker") ?? ""
        let idMarker = request.item("upload-id-marker") ?? ""
        if request.item("delimiter")?.isEmpty == false {
            throw Refusal(
                "NotImplemented", "A delimiter of uploads is not supported by the sandbox.",
                status: 501, ["Header": "delimiter"])
        }
        var rest = try bucket.uploads().filter { $0.key.hasPrefix(prefix) }[...]
        if !keyMarker.isEmpty {
            let marker = ObjectKey(keyMarker)
            if let index = rest.firstIndex(where: { $0.key == marker && $0.id == idMarker }) {
                rest = rest[(index + 1)...]
            } else {
                rest = rest.drop { $0.key < marker || $0.key == marker }
            }
        }
        let page = rest.prefix(limit)
        let isTruncated = rest.count > limit
        let head = [
            XMLElement("Bucket", bucket.name), XMLElement("KeyMarker", keyMarker),
            XMLElement("UploadIdMarker", idMarker),
            isTruncated ? page.last.map { XMLElement("NextKeyMarker", $0.key.text) } : nil,
            isTruncated ? page.last.map { XMLElement("NextUploadIdMarker", $0.id) } : nil,
            XMLElement("Prefix", prefix), XMLElement("MaxUploads", String(limit)),
            XMLElement("IsTruncated", isTruncated ? "true" : "false"),
        ]
        let uploads = page.map { upload in
            XMLElement(
                "Upload",
                [
                    XMLElement("Key", upload.key.text), XMLElement("UploadId", upload.id),
                    Self.owner(account), XMLElement("StorageClass", "STANDARD"),
                    XMLElement("Initiated", S3Time.iso(upload.initiated)),
                ])
        }
        return Answer(
            xml: XMLElement(
                "ListMultipartUploadsResult", namespace: Self.namespace, head + uploads))
    }
}
