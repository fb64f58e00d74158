import SlipwayCore
import Testing

@testable import AWSClient

@Suite("An endpoint")
struct EndpointTests {
    @Test(arguments: [
        ("us-east-1", "https://codedeploy.us-east-1.amazonaws.com"),
        ("cn-north-1", "https://codedeploy.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "https://codedeploy.us-gov-west-1.amazonaws.com"),
    ])
    func `is AWS's of the region`(region: String, address: String) throws {
        let endpoint = AWSEndpoints().endpoint(of: .codeDeploy, in: try Region(region))
        #expect(endpoint.description == address)
    }

    @Test func `is the service's own before the one for all`() throws {
        let endpoints = try AWSEndpoints(environment: [
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:2",
            "AWS_ENDPOINT_URL_STS": "",
        ])
        let region = try Region("us-east-1")
        #expect(endpoints.endpoint(of: .s3, in: region).description == "http://127.0.0.1:2")
        #expect(endpoints.endpoint(of: .codeDeploy, in: region).authority == "127.0.0.1:1")
        #expect(endpoints.endpoint(of: .sts, in: region).authority == "127.0.0.1:1")
        let ignored = try AWSEndpoints(environment: [
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        ])
        #expect(ignored == AWSEndpoints())
    }

    @Test func `has the bucket in front, or in the path where it must`() throws {
        let region = try Region("eu-west-1")
        let plain = AWSEndpoints().bucketEndpoint(try BucketName("bucket"), in: region)
        #expect(plain.endpoint.authority == "bucket.s3.eu-west-1.amazonaws.com" && !plain.isInPath)
        let dotted = AWSEndpoints().bucketEndpoint(try BucketName("a.b"), in: region)
        #expect(dotted.endpoint.authority == "s3.eu-west-1.amazonaws.com" && dotted.isInPath)
    }

    @Test(arguments: [
        "", "127.0.0.1:4566", "ftp://x", "http://", "http://user:pw@host", "http://h?x",
        "http://h#f",
        "http://a b", "http://a\n", "https:///x", "http://a\\b",
    ])
    func `that is none is refused with the variable's name`(text: String) throws {
        #expect(Endpoint(text) == nil)
        guard !text.isEmpty else { return }
        #expect(
            throws: AWSSettingsError(
                variable: "AWS_ENDPOINT_URL", value: UntrustedText(text))
        ) { try AWSEndpoints(environment: ["AWS_ENDPOINT_URL": text]) }
    }

    @Test(arguments: [
        ("https://H.example:443/", "https://h.example"), ("http://[::1]:80", "http://[::1]"),
        ("http://h:8080/a/b//", "http://h:8080/a/b"),
    ])
    func `is written one way`(text: String, address: String) {
        #expect(Endpoint(text)?.description == address)
    }
}

@Suite("The settings of connections")
struct ConnectionSettingsTests {
    @Test func `are read as curl reads them`() {
        let settings = ConnectionSettings(environment: [
            "HTTPS_PROXY": "http://upper:1", "https_proxy": "http://lower:1", "HTTP_PROXY": "",
            "ALL_PROXY": "http://all:1", "NO_PROXY": "localhost,.internal",
            "AWS_CA_BUNDLE": "/etc/ca.pem",
        ])
        #expect(settings.proxy(forURL: "https://x")?.description == "http://lower:1")
        #expect(settings.proxy(forURL: "http://x")?.description == "http://all:1")
        #expect(settings.noProxy == "localhost,.internal")
        #expect(settings.certificateFile == "/etc/ca.pem")
        #expect(ConnectionSettings(environment: [:]) == ConnectionSettings())
    }

    @Test(arguments: [
        ("http://user:secret@host:8080", "http://host:8080"), ("user:secret@host", "host"),
        ("http://us@er:secret@host", "http://host"), ("host:1", "host:1"),
    ])
    func `show no password of a proxy`(text: String, shown: String) {
        let proxy = ProxyAddress(text)
        var dumped = "\(proxy) "
        dump(ConnectionSettings(httpsProxy: proxy), to: &dumped)
        #expect(proxy.description == shown && !dumped.contains("secret"))
    }
}
