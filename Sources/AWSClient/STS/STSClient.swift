internal import AWSSignature
package import SlipwayCore

/// Asks AWS whose keys they are.
package struct STSClient: Sendable {
    private let caller: AWSCaller
    private let region: Region

    package init(_ caller: AWSCaller, region: Region) {
        self.caller = caller
        self.region = region
    }

    /// Whose the keys are. Needs no permission.
    ///
    /// AWS operation: `GetCallerIdentity`. Throws ``AWSError``.
    package func callerIdentity() async throws -> CallerIdentity {
        let body = Array("Action=GetCallerIdentity&Version=2011-06-15".utf8)
        let endpoints = caller.endpoints
        let call = AWSCall(
            operation: "GetCallerIdentity", service: .sts, region: region,
            place: { region in
                let endpoint = endpoints.endpoint(of: .sts, in: region)
                return AWSCall.Place(
                    endpoint: endpoint, path: RequestPath(decoded: endpoint.pathPrefix + "/"))
            },
            method: "POST",
            headers: [
                HeaderField("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            ], body: .bytes(body), payload: PayloadHash(.sha256(body)))
        return try await caller.perform(call) { response throws(AnswerFlaw) in
            guard
                let result = XMLElement.parse(response.body)?["GetCallerIdentityResult"],
                let arn = result["Arn"]?.text
            else { throw .garbled }
            return CallerIdentity(
                account: result["Account"].flatMap { AWSAccountID($0.text) },
                arn: UntrustedText(arn), userID: UntrustedText(result["UserId"]?.text ?? ""))
        }
    }
}
