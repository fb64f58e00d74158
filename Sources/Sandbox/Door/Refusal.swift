import AWSSignature

/// Why a request is refused: an AWS error with all that goes around it.
struct Refusal: Error, Equatable {
    var fault: AWSFault
    /// What S3 says beside code and message, such as `BucketName`, in its order.
    var details: [Detail] = []
    var headers: [HeaderField] = []

    struct Detail: Equatable {
        let name: String
        let value: String
    }

    init(_ fault: AWSFault) { self.fault = fault }

    init(
        _ code: String, _ message: String, status: Int = 400,
        _ details: KeyValuePairs<String, String> = [:]
    ) {
        fault = AWSFault(code: code, message: message, status: status)
        self.details = details.map { Detail(name: $0.key, value: $0.value) }
    }
}
