import AWSSignature
import SlipwayCore

/// The operations of S3 that the sandbox has, by AWS's names.
enum S3Operation: String, CaseIterable, Sendable {
    case listBuckets = "ListBuckets"
    case createBucket = "CreateBucket"
    case headBucket = "HeadBucket"
    case deleteBucket = "DeleteBucket"
    case getBucketLocation = "GetBucketLocation"
    case getBucketVersioning = "GetBucketVersioning"
    case putBucketVersioning = "PutBucketVersioning"
    case listObjects = "ListObjects"
    case listObjectsV2 = "ListObjectsV2"
    case listObjectVersions = "ListObjectVersions"
    case listMultipartUploads = "ListMultipartUploads"
    case deleteObjects = "DeleteObjects"
    case putObject = "PutObject"
    case copyObject = "CopyObject"
    case getObject = "GetObject"
    case headObject = "HeadObject"
    case deleteObject = "DeleteObject"
    case getObjectTagging = "GetObjectTagging"
    case createMultipartUpload = "CreateMultipartUpload"
    case uploadPart = "UploadPart"
    case uploadPartCopy = "UploadPartCopy"
    case completeMultipartUpload = "CompleteMultipartUpload"
    case abortMultipartUpload = "AbortMultipartUpload"
    case listParts = "ListParts"

    /// Items of a query that name a part of a bucket or an object, for which S3 has operations of
    /// their own.
    private static let subresources: Set<String> = [
        "accelerate", "acl", "analytics", "attributes", "cors", "delete", "encryption",
        "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location", "logging",
        "metadataConfiguration", "metadataTable", "metrics", "notification", "object-lock",
        "ownershipControls", "policy", "policyStatus", "publicAccessBlock", "renameObject",
        "replication", "requestPayment", "restore", "retention", "select", "session", "tagging",
        "torrent", "uploadId", "uploads", "versioning", "versions", "website",
    ]

    /// The operation of a request.
    ///
    /// Throws `NotImplemented`, which names what the sandbox lacks, and `MethodNotAllowed`.
    init(_ request: IncomingRequest, _ address: S3Address) throws(Refusal) {
        let named = request.query.map(\.name).filter(Self.subresources.contains).sorted()
        let has = Set(named)
        let method = request.method
        let isCopy = request.headers["x-amz-copy-source"] != nil
        let found: S3Operation?
        if address.bucket == nil {
            found = method == "GET" && has.isEmpty ? .listBuckets : nil
        } else if address.key == nil {
            found = Self.bucketOperation(method, has, request)
        } else {
            found = Self.objectOperation(method, has, request, isCopy: isCopy)
        }
        if let found {
            self = found
            return
        }
        guard let missing = named.first else {
            throw Refusal(
                "MethodNotAllowed", "The specified method is not allowed against this resource.",
                status: 405, ["Method": method])
        }
        throw Refusal(
            "NotImplemented",
            "\(method) of ?\(missing) is not supported by the sandbox.", status: 501,
            ["Header": missing])
    }

    private static func bucketOperation(
        _ method: String, _ has: Set<String>, _ request: IncomingRequest
    ) -> S3Operation? {
        switch (method, has) {
        case ("PUT", []): .createBucket
        case ("HEAD", []): .headBucket
        case ("DELETE", []): .deleteBucket
        case ("GET", ["location"]): .getBucketLocation
        case ("GET", ["versioning"]): .getBucketVersioning
        case ("PUT", ["versioning"]): .putBucketVersioning
        case ("GET", ["versions"]): .listObjectVersions
        case ("GET", ["uploads"]): .listMultipartUploads
        case ("GET", []): request.item("list-type") == "2" ? .listObjectsV2 : .listObjects
        case ("POST", ["delete"]): .deleteObjects
        default: nil
        }
    }

    private static func objectOperation(
        _ method: String, _ has: Set<String>, _ request: IncomingRequest, isCopy: Bool
    ) -> S3Operation? {
        let isPart = request.has("partNumber")
        return switch (method, has) {
        case ("PUT", []): isCopy ? .copyObject : .putObject
        case ("PUT", ["uploadId"]) where isPart: isCopy ? .uploadPartCopy : .uploadPart
        case ("GET", []): .getObject
        case ("HEAD", []): .headObject
        case ("DELETE", []): .deleteObject
        case ("GET", ["tagging"]): .getObjectTagging
        case ("POST", ["uploads"]): .createMultipartUpload
        case ("POST", ["uploadId"]): .completeMultipartUpload
        case ("DELETE", ["uploadId"]): .abortMultipartUpload
        case ("GET", ["uploadId"]): .listParts
        default: nil
        }
    }

    /// The IAM action on the bucket or object that the request names.
    func action(hasVersion: Bool) -> String {
        switch self {
        case .listBuckets: "s3:ListAllMyBuckets"
        case .headBucket, .listObjects, .listObjectsV2: "s3:ListBucket"
        case .listObjectVersions: "s3:ListBucketVersions"
        case .listMultipartUploads: "s3:ListBucketMultipartUploads"
        case .putObject, .copyObject, .createMultipartUpload, .uploadPart, .uploadPartCopy,
            .completeMultipartUpload:
            "s3:PutObject"
        case .getObject, .headObject: hasVersion ? "s3:GetObjectVersion" : "s3:GetObject"
        case .getObjectTagging:
            hasVersion ? "s3:GetObjectVersionTagging" : "s3:GetObjectTagging"
        case .deleteObject: hasVersion ? "s3:DeleteObjectVersion" : "s3:DeleteObject"
        case .deleteObjects: "s3:DeleteObject"
        case .listParts: "s3:ListMultipartUploadParts"
        case .createBucket, .deleteBucket, .getBucketLocation, .getBucketVersioning,
            .putBucketVersioning, .abortMultipartUpload:
            "s3:\(rawValue)"
        }
    }
}

/// Which bucket and object a request is about.
struct S3Address: Equatable, Sendable {
    let bucket: String?
    let key: ObjectKey?

    /// Reads host and path: both `bucket.s3.REGION.amazonaws.com/key` and, on a host that is no
    /// bucket's, `/bucket/key`.
    init(_ request: IncomingRequest) {
        let path = request.path.decoded.dropFirst()
        let rest: Substring
        if let bucket = Self.bucket(ofHost: request.headers["host"] ?? "") {
            self.bucket = bucket
            rest = path
        } else {
            let end = path.utf8.firstIndex(of: UInt8(ascii: "/")) ?? path.endIndex
            bucket = path.isEmpty ? nil : String(path[..<end])
            rest = end == path.endIndex ? "" : path[path.utf8.index(after: end)...]
        }
        key = rest.isEmpty ? nil : ObjectKey(String(rest))
    }

    init(bucket: String, key: ObjectKey) {
        self.bucket = bucket
        self.key = key
    }

    /// The bucket in a host's name: what stands before `s3.…amazonaws.com` or `localhost`.
    static func bucket(ofHost host: String) -> String? {
        // An address of IPv6 holds colons, and is no bucket's.
        guard !host.hasPrefix("[") else { return nil }
        let name = host.prefix { $0 != ":" }.lowercased()
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        if labels.last == "localhost" {
            labels.removeLast()
        } else if name.hasSuffix(".amazonaws.com") || name.hasSuffix(".amazonaws.com.cn") {
            guard let end = labels.lastIndex(where: { $0 == "amazonaws" }) else { return nil }
            labels.removeSubrange(end...)
        } else {
            return nil
        }
        // s3, s3.eu-west-1, s3-fips.eu-west-1, s3.dualstack.eu-west-1
        if let service = labels.lastIndex(where: { $0 == "s3" || $0.hasPrefix("s3-") }) {
            labels.removeSubrange(service...)
        }
        return labels.isEmpty ? nil : labels.joined(separator: ".")
    }

    func arn(_ partition: String) -> String {
        guard let bucket else { return "*" }
        return "arn:\(partition):s3:::\(bucket)" + (key.map { "/\($0.text)" } ?? "")
    }
}
