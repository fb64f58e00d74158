internal import AWSSignature
internal import SlipwayCore

/// One request to AWS, before it is dated and signed.
struct AWSCall: Sendable {
    /// Where a request goes: it depends on the region, which may turn out to be another.
    struct Place: Sendable {
        var endpoint: Endpoint
        var path: RequestPath
    }

    var operation: String
    var service: AWSService
    var region: Region
    /// The bucket, whose region is remembered.
    var bucket: BucketName?
    var place: @Sendable (Region) -> Place
    var method: String
    var query: [QueryItem] = []
    var headers: [HeaderField] = []
    var body = RequestBody.none
    var payload = PayloadHash.empty
    var answer = AnswerBody.memory
    /// Whether it may be carried out twice.
    var isRepeatable = true
    /// When it is tried again; nil: as the caller does.
    var policy: RetryPolicy?

    /// Whether a refusal is the page of a proxy, say: AWS gives its own a code. S3 does not where it
    /// is asked by HEAD, and 429 means throttling whoever says it.
    func isFromOthers(_ response: HTTPResponse, _ said: ErrorAnswer) -> Bool {
        service != .s3 && said.code == nil && response.status != 429
            && (400..<500).contains(response.status)
    }
}

/// Why the content of a successful answer is none.
enum AnswerFlaw: Error {
    /// It is not what the operation promises.
    case garbled
    /// It is an error all the same: S3 begins some answers before it knows how they end.
    case failure(ErrorAnswer)
}

extension HTTPResponse {
    /// AWS's name for the request, which all its answers bear.
    var requestID: String? { headers["x-amzn-requestid"] ?? headers["x-amz-request-id"] }
}

/// What an answer says went wrong.
struct ErrorAnswer: Equatable {
    var code: String?
    var message: String?
    var requestID: String?
    /// Where a bucket really is, if S3 says it in the body.
    var region: String?

    /// Reads it from headers and body, in XML or JSON, as far as it has it.
    init(_ response: HTTPResponse) {
        let headers = response.headers
        requestID = response.requestID
        region = headers["x-amz-bucket-region"]
        code = headers["x-amzn-errortype"].map(Self.bare)
        let first = response.body.first { !(0x09...0x20).contains($0) }
        if first == UInt8(ascii: "<"), let root = XMLElement.parse(response.body) {
            read(root)
        } else if first == UInt8(ascii: "{"), let root = JSONAnswer.parse(response.body) {
            code = (root["__type"] ?? root["code"])?.string.map(Self.bare) ?? code
            message = (root["message"] ?? root["Message"])?.string
        }
    }

    /// Reads `<Error>`, bare or in an `<ErrorResponse>`. Nil where it is neither.
    init?(_ root: XMLElement) {
        guard root.name == "Error" || root.name == "ErrorResponse" else { return nil }
        read(root)
    }

    private mutating func read(_ root: XMLElement) {
        guard let error = root.name == "Error" ? root : root["Error"] else { return }
        code = error["Code"]?.text
        message = error["Message"]?.text
        requestID = (error["RequestId"] ?? root["RequestId"])?.text ?? requestID
        region = error["Region"]?.text ?? region
    }

    /// `com.amazon.coral#ThrottlingException:http://...` without what is around the name.
    private static func bare(_ code: String) -> String {
        let name = code.split(separator: "#").last ?? ""
        return String(name.prefix { $0 != ":" })
    }
}
