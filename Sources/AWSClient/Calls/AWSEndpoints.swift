package import SlipwayCore

/// A service of AWS that slipway calls.
package enum AWSService: String, CaseIterable, Sendable {
    case s3 = "s3"
    case codeDeploy = "codedeploy"
    case sts = "sts"

    /// The environment variable of its own endpoint.
    var endpointVariable: String {
        switch self {
        case .s3: "AWS_ENDPOINT_URL_S3"
        case .codeDeploy: "AWS_ENDPOINT_URL_CODEDEPLOY"
        case .sts: "AWS_ENDPOINT_URL_STS"
        }
    }
}

/// The base of an address: `https://host:port/prefix`.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package let isSecure: Bool
    /// Host, and the port where it is not the usual one: what the `Host` header says.
    package let authority: String
    /// Empty, or decoded with a slash in front and none at its end.
    package let pathPrefix: String

    /// Nil where the text is no `http` or `https` address, or has a user, a query or a fragment.
    package init?(_ text: String) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return nil }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        guard !rest.contains(where: { "?#@ \\".contains($0) || $0.isNewline }) else { return nil }
        var authority = String(rest.prefix { $0 != "/" }).lowercased()
        var path = rest.drop { $0 != "/" }
        while path.hasSuffix("/") { path = path.dropLast() }
        let usualPort = isSecure ? ":443" : ":80"
        if authority.hasSuffix(usualPort) { authority.removeLast(usualPort.count) }
        guard !authority.isEmpty, authority.unicodeScalars.allSatisfy(Self.isAllowed)
        else { return nil }
        self.init(isSecure: isSecure, authority: authority, pathPrefix: String(path))
    }

    init(isSecure: Bool = true, authority: String, pathPrefix: String = "") {
        self.isSecure = isSecure
        self.authority = authority
        self.pathPrefix = pathPrefix
    }

    package var description: String {
        "\(isSecure ? "https" : "http")://\(authority)\(pathPrefix)"
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.value > 0x20 && !"\"<>^`{|}/%".unicodeScalars.contains(scalar)
    }
}

/// Where the services are.
package struct AWSEndpoints: Equatable, Sendable {
    private var own: [AWSService: Endpoint] = [:]

    /// AWS itself.
    package init() {}

    /// One endpoint for every service: a sandbox.
    package init(all endpoint: Endpoint) {
        for service in AWSService.allCases { own[service] = endpoint }
    }

    /// Reads `AWS_ENDPOINT_URL_S3` and its like, and `AWS_ENDPOINT_URL` for what has none of its
    /// own; none of them if `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` is `true`.
    ///
    /// Throws ``AWSSettingsError`` for a value that is no address.
    package init(environment: [String: String]) throws(AWSSettingsError) {
        guard environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() != "true"
        else { return }
        for service in AWSService.allCases {
            for name in [service.endpointVariable, "AWS_ENDPOINT_URL"] {
                guard let text = environment[name], !text.isEmpty else { continue }
                guard let endpoint = Endpoint(text) else {
                    throw AWSSettingsError(variable: name, value: UntrustedText(text))
                }
                own[service] = endpoint
                break
            }
        }
    }

    /// The endpoint that was given for a service; nil where it is AWS's.
    package func custom(_ service: AWSService) -> Endpoint? { own[service] }

    /// Where a service is in a region.
    package func endpoint(of service: AWSService, in region: Region) -> Endpoint {
        own[service]
            ?? Endpoint(authority: "\(service.rawValue).\(region).\(Self.domain(of: region))")
    }

    /// Where a bucket is, and whether its name must stand in the path: for a name with dots, which
    /// no certificate covers, and at an endpoint of one's own.
    func bucketEndpoint(
        _ bucket: BucketName, in region: Region
    ) -> (endpoint: Endpoint, isInPath: Bool) {
        let endpoint = endpoint(of: .s3, in: region)
        guard own[.s3] == nil, !bucket.rawValue.contains(".") else { return (endpoint, true) }
        return (Endpoint(authority: "\(bucket).\(endpoint.authority)"), false)
    }

    /// The domain of the partition that a region is in.
    package static func domain(of region: Region) -> String {
        let partitions = [
            ("cn-", "amazonaws.com.cn"), ("us-iso-", "c2s.ic.gov"), ("us-isob-", "sc2s.sgov.gov"),
            ("us-isof-", "csp.hci.ic.gov"), ("eu-isoe-", "cloud.adc-e.uk"),
            ("eusc-", "amazonaws.eu"),
        ]
        return partitions.first { region.rawValue.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
    }
}

/// A variable of the environment that names no endpoint.
package struct AWSSettingsError: Error, Equatable, Sendable {
    package let variable: String
    package let value: UntrustedText
}

extension AWSSettingsError: ProblemReporting {
    package var exitStatus: ExitStatus { .configuration }

    package var problems: [Problem] {
        [
            Problem(
                code: "bad-endpoint", "\(variable) is no address: \(value)",
                why: "an endpoint is http:// or https://, a host and perhaps a port and a path",
                fix: "unset \(variable), or set it like http://127.0.0.1:4566")
        ]
    }
}
