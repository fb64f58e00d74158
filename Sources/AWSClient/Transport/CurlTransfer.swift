internal import AWSSignature
internal import CCurl
internal import Synchronization

/// One request on its way.
///
/// `@unchecked Sendable`: it is built before it is handed to the loop, and from then on only the
/// loop's thread touches it; the callbacks run on that thread too, inside libcurl's calls.
final class CurlTransfer: @unchecked Sendable {
    let easy: UnsafeMutableRawPointer
    /// Any thread may set it.
    let isCancelled = Atomic(false)
    private var request: HTTPRequest
    private let settings: ConnectionSettings
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var continuation: CheckedContinuation<HTTPResponse, any Error>?

    private var source: (any BodySource)?
    private var position = 0
    private var response = HTTPResponse(status: 0)
    private var hasWholeHeaders = false
    private var sink: ((UnsafeRawBufferPointer) throws -> Void)?
    /// What a source, a sink or a time limit says, which libcurl knows nothing of.
    private var failure: (any Error)?

    private(set) var isPaused = false
    private var lastMove = ContinuousClock.now
    private var moved: (Int64, Int64) = (0, 0)

    init(
        _ request: HTTPRequest, settings: ConnectionSettings,
        resume: @escaping @Sendable () -> Void
    ) throws {
        guard let easy = ccurl_easy_init() else {
            throw TransportError(
                reason: .library("no memory"), detail: "", mayHaveArrived: false)
        }
        self.easy = easy
        self.request = request
        self.settings = settings
        setGeneralOptions()
        setHeaders()
        try setBody(resume: resume)
        setAnswer()
    }

    deinit {
        ccurl_easy_cleanup(easy)
        ccurl_slist_free(headerList)
    }

    private var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    private static func of(context: UnsafeMutableRawPointer) -> CurlTransfer {
        Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
    }

    private func setGeneralOptions() {
        ccurl_set_string(easy, CURLOPT_URL, request.url)
        ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        ccurl_set_long(
            easy, CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectTimeout / .milliseconds(1)))
        // A proxy that is set to nothing keeps libcurl from reading the environment itself.
        ccurl_set_string(
            easy, CURLOPT_PROXY, settings.proxy(forURL: request.url)?.exposedText ?? "")
        ccurl_set_string(easy, CURLOPT_NOPROXY, settings.noProxy)
        if let file = settings.certificateFile { ccurl_set_string(easy, CURLOPT_CAINFO, file) }
        // libcurl repeats a request by itself when a kept connection turns out to be dead. What
        // must not be done twice takes a new connection.
        if !request.isRepeatable { ccurl_set_long(easy, CURLOPT_FRESH_CONNECT, 1) }
        ccurl_set_long(easy, CURLOPT_NOPROGRESS, 0)
        ccurl_set_pointer(easy, CURLOPT_XFERINFODATA, context)
        ccurl_set_progress_function(easy) { @Sendable context, _, down, _, up in
            CurlTransfer.of(context: context!).noteProgress(down: down, up: up)
            return 0
        }
    }

    private func setHeaders() {
        // Some servers leave a client waiting that asks whether it may go on.
        headerList = ccurl_slist_append(nil, "Expect:")
        for header in request.headers {
            // libcurl drops a field without a value unless it is written like this.
            let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
            headerList = ccurl_slist_append(headerList, line)
        }
        ccurl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList)
        ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        if request.method == "HEAD" { ccurl_set_long(easy, CURLOPT_NOBODY, 1) }
    }

    private func setBody(resume: @escaping @Sendable () -> Void) throws {
        switch request.body {
        case .none where request.method == "GET" || request.method == "HEAD": return
        case .none where request.method == "DELETE": return
        case .none, .bytes: break
        case .stream(_, let make):
            source = try make()
            source?.begin(resume: resume)
        }
        let count = request.body.byteCount
        ccurl_set_long(easy, CURLOPT_UPLOAD, 1)
        ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, Int64(count))
        ccurl_set_long(easy, CURLOPT_UPLOAD_BUFFERSIZE, max(16_384, min(count, 524_288)))
        ccurl_set_pointer(easy, CURLOPT_READDATA, context)
        ccurl_set_transfer_function(easy, CURLOPT_READFUNCTION) { @Sendable bytes, size, n, user in
            let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * n)
            return CurlTransfer.of(context: user!).read(into: buffer)
        }
        ccurl_set_pointer(easy, CURLOPT_SEEKDATA, context)
        ccurl_set_seek_function(easy) { @Sendable context, offset, origin in
            CurlTransfer.of(context: context!).seek(to: Int(offset), origin: origin)
        }
    }

    private func setAnswer() {
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        ccurl_set_transfer_function(easy, CURLOPT_HEADERFUNCTION) {
            @Sendable bytes, size, n, user in
            let line = UnsafeRawBufferPointer(start: bytes, count: size * n)
            CurlTransfer.of(context: user!).takeHeader(line)
            return line.count
        }
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        ccurl_set_transfer_function(easy, CURLOPT_WRITEFUNCTION) { @Sendable bytes, size, n, user in
            let piece = UnsafeRawBufferPointer(start: bytes, count: size * n)
            return CurlTransfer.of(context: user!).takeBody(piece) ? piece.count : 0
        }
    }

    func start(_ continuation: CheckedContinuation<HTTPResponse, any Error>) {
        self.continuation = continuation
        lastMove = .now
    }

    func resume() {
        guard isPaused else { return }
        isPaused = false
        lastMove = .now
        ccurl_easy_resume(easy)
    }

    /// When it will have stalled, if nothing moves.
    var deadline: ContinuousClock.Instant? {
        isPaused ? nil : lastMove + settings.stallTimeout
    }

    private func noteProgress(down: Int64, up: Int64) {
        guard (down, up) != moved else { return }
        moved = (down, up)
        lastMove = .now
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if case .bytes(let bytes) = request.body {
            let count = min(buffer.count, bytes.count - position)
            bytes.withUnsafeBytes { all in
                buffer.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: all[position...].prefix(count)))
            }
            position += count
            return count
        }
        switch source?.read(into: buffer) {
        case nil, .end: return 0
        case .bytes(let count): return count
        case .wait:
            isPaused = true
            return Int(CURL_READFUNC_PAUSE)
        case .failed(let error):
            failure = error
            return Int(CURL_READFUNC_ABORT)
        }
    }

    private func seek(to offset: Int, origin: Int32) -> Int32 {
        guard case .bytes(let bytes) = request.body, origin == 0,
            (0...bytes.count).contains(offset)
        else { return CURL_SEEKFUNC_CANTSEEK }
        position = offset
        return CURL_SEEKFUNC_OK
    }

    private func takeHeader(_ line: UnsafeRawBufferPointer) {
        lastMove = .now
        let text = String(decoding: line, as: UTF8.self)
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            // A blank line, or a status line: of an interim answer, a proxy's tunnel, or the answer
            // itself.
            if text.hasPrefix("HTTP/") {
                response.headers = []
                hasWholeHeaders = false
            } else if text == "\r\n" || text == "\n" {
                hasWholeHeaders = true
            }
            return
        }
        let value = text[text.index(after: colon)...].utf8
            .drop { $0 == 0x20 || $0 == 0x09 }
        let end = value.lastIndex { !($0 == 0x20 || (0x09...0x0D).contains($0)) }
        let trimmed = end.map { value[...$0] } ?? value[value.endIndex...]
        response.headers.append(HeaderField(String(text[..<colon]), String(Substring(trimmed))))
    }

    private func takeBody(_ piece: UnsafeRawBufferPointer) -> Bool {
        lastMove = .now
        do {
            if sink == nil, case .sink(let make) = request.answer {
                response.status = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE)
                if response.isSuccess { sink = try make(response) }
            }
            if let sink {
                try sink(piece)
                return true
            }
        } catch {
            failure = error
            return false
        }
        guard response.body.count + piece.count <= HTTPResponse.byteLimit else {
            failure = error(.answerTooLong, "")
            return false
        }
        response.body.append(contentsOf: piece)
        return true
    }

    /// Answers whoever waits. Called once, after libcurl has let go of the transfer.
    func finish(_ code: CURLcode) {
        if let failure { return end(throwing: failure) }
        guard code == CURLE_OK else {
            return end(
                throwing: error(reason(code), String(cString: ccurl_easy_strerror(code))))
        }
        // libcurl takes an answer that breaks off among its headers for one without a body.
        guard hasWholeHeaders else { return end(throwing: error(.broken, "no end of headers")) }
        response.status = ccurl_get_long(easy, CURLINFO_RESPONSE_CODE)
        do {
            // An empty object: no byte came, and yet there is a whole answer.
            if sink == nil, response.isSuccess, case .sink(let make) = request.answer {
                _ = try make(response)
            }
        } catch {
            return end(throwing: error)
        }
        end(.success(response))
    }

    func stall() {
        end(throwing: error(isConnected ? .stalled : .connectTimeout, ""))
    }

    func end(throwing error: any Error) { end(.failure(error)) }

    private func end(_ result: Result<HTTPResponse, any Error>) {
        // Who waits may want the body's memory for the next one; the loop lets go of the transfer
        // a moment later.
        request.body = .none
        continuation?.resume(with: result)
        continuation = nil
    }

    private func error(_ reason: TransportError.Reason, _ detail: String) -> TransportError {
        TransportError(reason: reason, detail: detail, mayHaveArrived: isConnected)
    }

    /// Whether the way to the server was open, so that the request may have gone out.
    private var isConnected: Bool {
        let moment =
            request.url.hasPrefix("https:") ? CURLINFO_APPCONNECT_TIME_T : CURLINFO_CONNECT_TIME_T
        // A connection that was kept has no such moment.
        let isKept = ccurl_get_long(easy, CURLINFO_NUM_CONNECTS) == 0
        return ccurl_get_offset(easy, moment) > 0
            || (isKept && ccurl_get_long(easy, CURLINFO_REQUEST_SIZE) > 0)
    }

    private func reason(_ code: CURLcode) -> TransportError.Reason {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unknownHost
        case CURLE_COULDNT_CONNECT: .refused
        case CURLE_PROXY: .proxy
        case CURLE_PEER_FAILED_VERIFICATION: .certificate
        case CURLE_SSL_CACERT_BADFILE: .certificateFile
        case CURLE_SSL_CONNECT_ERROR: .tls
        case CURLE_OPERATION_TIMEDOUT: isConnected ? .stalled : .connectTimeout
        // An answer that is not HTTP is an unsupported protocol too.
        case CURLE_UNSUPPORTED_PROTOCOL: isConnected ? .broken : .badRequest
        case CURLE_URL_MALFORMAT, CURLE_BAD_FUNCTION_ARGUMENT: .badRequest
        case CURLE_RECV_ERROR where !isConnected && settings.proxy(forURL: request.url) != nil:
            .proxy
        default: .broken
        }
    }
}
