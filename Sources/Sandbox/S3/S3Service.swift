import AWSSignature
import FoundationEssentials
import SlipwayCore

/// S3 over HTTP: requests in, answers out. Who may do what is settled before.
struct S3Service: Sendable {
    let store: ObjectStore
    let disk: Disk
    let account: SandboxAccount
    let partition: String
    let region: Region

    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    /// A request whose caller is known and may do it.
    struct Call {
        let request: IncomingRequest
        let address: S3Address
        let operation: S3Operation
        let claim: SignatureClaim
        let payload: Payload
        /// Whether the caller may also do something else.
        let isAllowed: (Authorization) -> Bool

        func item(_ name: String) -> String? { request.item(name) }

        func header(_ name: String) -> String? { request.headers[name] }

        var version: String? { request.item("versionId") }

        /// The key; every operation on objects has one.
        var key: ObjectKey { address.key ?? ObjectKey("") }
    }

    /// What the caller must be allowed to do: all of it.
    func authorizations(
        _ operation: S3Operation, _ address: S3Address, _ request: IncomingRequest
    ) throws(Refusal) -> [Authorization] {
        var needed = [
            Authorization(
                action: operation.action(hasVersion: request.has("versionId")),
                resource: address.arn(partition))
        ]
        // Each of the objects is judged on its own.
        if operation == .deleteObjects { needed = [] }
        if operation == .copyObject || operation == .uploadPartCopy {
            let source = try CopySource(request)
            needed.append(
                Authorization(
                    action: source.version == nil ? "s3:GetObject" : "s3:GetObjectVersion",
                    resource: source.address.arn(partition)))
        }
        if request.headers["x-amz-tagging"] != nil {
            needed.append(
                Authorization(
                    action: "s3:PutObjectTagging", resource: address.arn(partition)))
        }
        return needed
    }

    /// Refuses a request that is signed for another region than its bucket's.
    func checkRegion(
        _ operation: S3Operation, _ address: S3Address, _ claim: SignatureClaim
    ) throws(Refusal) {
        guard let name = address.bucket, operation != .createBucket else {
            // A client makes a bucket where it wants it: that region's endpoint is this one too.
            guard claim.scope.region == region.rawValue || operation == .createBucket else {
                throw .wrongRegion(claim, expected: region.rawValue)
            }
            return
        }
        // A bucket that is not there has no region.
        guard let bucket = try? store.bucket(name) else {
            guard claim.scope.region == region.rawValue else {
                throw .wrongRegion(claim, expected: region.rawValue)
            }
            return
        }
        guard claim.scope.region != bucket.region else { return }
        // Whoever asked the sandbox's own region is sent on; whoever asked a third is put right.
        guard claim.scope.region == region.rawValue else {
            throw .wrongRegion(claim, expected: bucket.region)
        }
        throw .movedTo(bucket.region, bucket: name)
    }

    /// Carries out an operation. Throws ``Refusal``, and ``ConnectionLost``.
    func answer(_ call: Call) async throws -> Answer {
        if let owner = call.header("x-amz-expected-bucket-owner"), owner != account.id {
            throw Refusal("AccessDenied", "Access Denied", status: 403)
        }
        switch call.operation {
        case .putObject: return try await putObject(call)
        case .uploadPart: return try await uploadPart(call)
        case .createBucket: return try await createBucket(call)
        case .putBucketVersioning: return try await putVersioning(call)
        case .deleteObjects: return try await deleteObjects(call)
        case .completeMultipartUpload: return try await completeUpload(call)
        case .copyObject: return try await copyObject(call)
        case .uploadPartCopy: return try await uploadPartCopy(call)
        case .getObject, .headObject: return try await getObject(call)
        default: return try await answerWithoutBody(call)
        }
    }

    private func answerWithoutBody(_ call: Call) async throws -> Answer {
        let service = self
        let request = call.request
        let (operation, address, claim) = (call.operation, call.address, call.claim)
        return try await disk.run { () throws(Refusal) in
            guard operation != .listBuckets else { return service.listBuckets() }
            let bucket = try service.store.bucket(address.bucket ?? "")
            let key = address.key ?? ObjectKey("")
            switch operation {
            case .headBucket:
                return Answer(
                    headers: [HeaderField("x-amz-bucket-region", bucket.region)],
                    body: .headOnly(byteCount: 0))
            case .deleteBucket:
                try service.store.deleteBucket(bucket.name)
                return Answer(204)
            case .getBucketLocation:
                // The first region has no name here.
                let location = bucket.region == "us-east-1" ? "" : bucket.region
                return Answer(
                    xml: XMLElement("LocationConstraint", location, namespace: Self.namespace))
            case .getBucketVersioning:
                let status = try bucket.versioning
                return Answer(
                    xml: XMLElement(
                        "VersioningConfiguration", namespace: Self.namespace,
                        [status.map { XMLElement("Status", $0.rawValue) }]))
            case .listObjects, .listObjectsV2, .listObjectVersions:
                return try ListingAnswer(request, bucket, service.account).answer(operation)
            case .listMultipartUploads:
                return try service.listUploads(request, bucket)
            case .deleteObject:
                return try service.deleteObject(request, bucket, key)
            case .getObjectTagging:
                return try service.getTagging(request, bucket, key)
            case .createMultipartUpload:
                return try service.createUpload(request, bucket, key)
            case .abortMultipartUpload:
                try bucket.abortUpload(request.item("uploadId") ?? "", of: key)
                return Answer(204)
            case .listParts:
                return try service.listParts(request, bucket, key)
            default:
                throw Refusal(
                    "NotImplemented", "\(operation.rawValue) for \(claim.scope.service)",
                    status: 501)
            }
        }
    }

    private func listBuckets() -> Answer {
        Answer(
            xml: XMLElement(
                "ListAllMyBucketsResult", namespace: Self.namespace,
                [
                    owner,
                    XMLElement(
                        "Buckets",
                        store.all.map { bucket in
                            XMLElement(
                                "Bucket",
                                [
                                    XMLElement("Name", bucket.name),
                                    XMLElement("CreationDate", S3Time.iso(bucket.created)),
                                    XMLElement("BucketRegion", bucket.region),
                                ])
                        }),
                ]))
    }

    var owner: XMLElement { Self.owner(account) }

    static func owner(_ account: SandboxAccount) -> XMLElement {
        // Canonical user ids are 64 digits.
        let id = ContentDigest.sha256(account.id.utf8).hexadecimal
        return XMLElement(
            "Owner", [XMLElement("ID", id), XMLElement("DisplayName", "slipway-sandbox")])
    }

    private func createBucket(_ call: Call) async throws -> Answer {
        let body = try await call.payload.whole(byteLimit: Self.documentByteLimit)
        var constraint: String?
        if !body.isEmpty {
            guard let document = XMLReader.read(body),
                document.name == "CreateBucketConfiguration"
            else { throw Refusal.malformedXML }
            constraint = document["LocationConstraint"]?.text
        }
        let region = try bucketRegion(constraint, endpoint: call.claim.scope.region)
        let name = call.address.bucket ?? ""
        let store = store
        try await disk.run { () throws(Refusal) in
            _ = try store.createBucket(name, region: region)
        }
        return Answer(headers: [HeaderField("Location", "/\(name)")])
    }

    /// Where a bucket is made: the first region's endpoint makes it anywhere, others only at home.
    private func bucketRegion(
        _ constraint: String?, endpoint: String
    ) throws(Refusal) -> String {
        let constraint = constraint == "EU" ? "eu-west-1" : constraint
        if endpoint == "us-east-1" {
            guard let constraint, !constraint.isEmpty else { return endpoint }
            guard (try? Region(constraint)) != nil, constraint != "us-east-1" else {
                throw Refusal(
                    "InvalidLocationConstraint",
                    "The specified location-constraint is not valid",
                    ["LocationConstraint": constraint])
            }
            return constraint
        }
        guard constraint == endpoint, (try? Region(endpoint)) != nil else {
            throw Refusal(
                "IllegalLocationConstraintException",
                "The \(constraint ?? "unspecified") location constraint is incompatible for the "
                    + "region specific endpoint this request was sent to.")
        }
        return endpoint
    }

    private func putVersioning(_ call: Call) async throws -> Answer {
        let body = try await call.payload.whole(byteLimit: Self.documentByteLimit)
        guard let document = XMLReader.read(body), document.name == "VersioningConfiguration" else {
            throw Refusal.malformedXML
        }
        if document["MfaDelete"]?.text == "Enabled" {
            throw Refusal(
                "NotImplemented", "MFA delete is not supported by the sandbox.", status: 501)
        }
        guard let status = document["Status"]?.text,
            let versioning = BucketRecord.Versioning(rawValue: status)
        else {
            throw Refusal(
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified")
        }
        let (store, name) = (store, call.address.bucket ?? "")
        try await disk.run { () throws(Refusal) in
            try store.bucket(name).setVersioning(versioning)
        }
        return Answer()
    }

    /// The most bytes of an XML document: ten thousand parts with their checksums.
    static let documentByteLimit = 4 << 20

    /// Finds the bucket of a call, off this task's thread since it may wait for a commit.
    func bucket(_ call: Call) throws(Refusal) -> Bucket {
        try store.bucket(call.address.bucket ?? "")
    }
}

extension Refusal {
    static let malformedXML = Refusal(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema")

    /// The bucket is in another region: what to ask there.
    static func movedTo(_ region: String, bucket: String) -> Refusal {
        var refusal = Refusal(
            "PermanentRedirect",
            "The bucket you are attempting to access must be addressed using the specified "
                + "endpoint. Please send all future requests to this endpoint.", status: 301,
            ["Endpoint": "\(bucket).s3.\(region).amazonaws.com", "Bucket": bucket])
        refusal.headers = [HeaderField("x-amz-bucket-region", region)]
        return refusal
    }
}

/// Moments as S3 writes them.
enum S3Time {
    /// `2026-11-24T18:40:00.000Z`.
    static func iso(_ date: Date) -> String { Timestamp(date).rawValue }

    static func iso(_ seconds: Double) -> String { iso(Date(timeIntervalSince1970: seconds)) }

    /// `Tue, 24 Nov 2026 18:40:00 GMT`.
    static func http(_ date: Date) -> String {
        let time = SigningTime(date)
        let digits = Array(time.text).map(String.init)
        func part(_ range: Range<Int>) -> String { digits[range].joined() }
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let day = days[time.secondsSince1970 / 86_400 % 7]
        let month = months[(Int(part(4..<6)) ?? 1) - 1]
        return "\(day), \(part(6..<8)) \(month) \(part(0..<4)) "
            + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15)) GMT"
    }

    /// Reads what ``http(_:)`` writes; nil for anything else.
    static func date(http text: String) -> Date? {
        let words = text.split(separator: " ").map(String.init)
        let months = "JanFebMarAprMayJunJulAugSepOctNovDec"
        guard words.count == 6, words[5] == "GMT", let range = months.firstRange(of: words[2])
        else { return nil }
        let month = months.distance(from: months.startIndex, to: range.lowerBound) / 3 + 1
        let clock = words[4].split(separator: ":").joined()
        return SigningTime("\(words[3])\(month < 10 ? "0" : "")\(month)\(words[1])T\(clock)Z")?.date
    }
}
