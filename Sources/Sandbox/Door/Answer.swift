import AWSSignature

/// What goes back to the client.
struct Answer: Sendable {
    var status: Int
    var headers: [HeaderField]
    var body: Body

    enum Body: Sendable {
        case bytes([UInt8])
        /// A part of an object's file.
        case file(FileSlice)
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
        case .file(let slice): slice.byteCount
        case .headOnly(let byteCount): byteCount
        }
    }
}

/// Some of an object's bytes, read while they are sent.
struct FileSlice: Sendable {
    let file: DataFile
    let offset: Int
    let byteCount: Int
}
