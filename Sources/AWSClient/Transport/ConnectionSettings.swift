internal import SlipwayCore

/// How connections are made.
package struct ConnectionSettings: Equatable, Sendable {
    /// Environment: `HTTPS_PROXY`, else `ALL_PROXY`. May hold a password.
    package var httpsProxy: ProxyAddress?
    /// Environment: `HTTP_PROXY`, else `ALL_PROXY`. May hold a password.
    package var httpProxy: ProxyAddress?
    /// Environment: `NO_PROXY`. Hosts, domains and networks, with commas.
    package var noProxy: String
    /// Environment: `AWS_CA_BUNDLE`. The system's certificates if nil.
    package var certificateFile: String?
    package var connectTimeout: Duration
    /// How long nothing may move before a transfer is given up.
    package var stallTimeout: Duration

    package init(
        httpsProxy: ProxyAddress? = nil, httpProxy: ProxyAddress? = nil, noProxy: String = "",
        certificateFile: String? = nil, connectTimeout: Duration = .seconds(10),
        stallTimeout: Duration = .seconds(30)
    ) {
        self.httpsProxy = httpsProxy
        self.httpProxy = httpProxy
        self.noProxy = noProxy
        self.certificateFile = certificateFile
        self.connectTimeout = connectTimeout
        self.stallTimeout = stallTimeout
    }

    /// Reads the environment as curl and the AWS CLI do: a name in lower case wins over the same in
    /// upper case, and an empty value counts as none.
    package init(environment: [String: String]) {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        let fallback = value("all_proxy", "ALL_PROXY")
        self.init(
            httpsProxy: (value("https_proxy", "HTTPS_PROXY") ?? fallback).map(ProxyAddress.init),
            httpProxy: (value("http_proxy", "HTTP_PROXY") ?? fallback).map(ProxyAddress.init),
            noProxy: value("no_proxy", "NO_PROXY") ?? "",
            certificateFile: value("AWS_CA_BUNDLE"))
    }

    /// The proxy for a URL, before ``noProxy`` is looked at.
    func proxy(forURL url: String) -> ProxyAddress? {
        url.hasPrefix("https:") ? httpsProxy : httpProxy
    }
}

/// Where a proxy is. It may hold a password and prints without it.
package struct ProxyAddress: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// Loud on purpose: it may hold a password.
    let exposedText: String

    package init(_ text: String) { exposedText = text }

    /// The address without what stands before the `@`.
    package var description: String {
        let rest = exposedText.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let scheme = exposedText.contains("://") ? exposedText.prefix { $0 != ":" } + "://" : ""
        let host = exposedText.contains("@") ? scheme + rest : exposedText[...]
        return UntrustedText(String(host)).escaped
    }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
