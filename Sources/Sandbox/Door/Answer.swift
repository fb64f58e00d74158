import AWSSignature

/// What goes back to the client.
struct Answer: Sendable {
    var status: Int
    var headers: [HeaderField]
    var body: Body

    enum Body: Sendable {
        case bytes([UInt8])
        /// Some of an object's bytes.
        case data(DataSlice)
        /// The answer to HEAD: what the body of GET would be.
        case headOnly(byteCount: Int)
    }

    init(_ status: Int = 200, headers: [HeaderField] = [], body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An XML document.
    init(_ status: Int = 200, headers: [HeaderField] = [], xml: XMLElement) {
        self.init(
            status, headers: headers + [HeaderField("Content-Type", "application/xml")],
            body: .bytes(xml.document))
    }

    var byteCount: Int {
        switch body {
        case .bytes(let bytes): bytes.count
        case .data(let slice): slice.byteCount
        case .headOnly(let byteCount): byteCount
        }
    }
}

/// Some of an object's bytes, read while they are sent.
struct DataSlice: Sendable {
    let data: ObjectData
    let offset: Int
    let byteCount: Int
}
