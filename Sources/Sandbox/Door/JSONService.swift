/// A service that speaks JSON 1.1: what the door calls for
/// `X-Amz-Target: CodeDeploy_20141006.<Operation>`.
package protocol JSONService: Sendable {
    /// What the caller must be allowed for an operation: all of it. Asked before ``answer``, and
    /// only where a policy is enforced.
    ///
    /// Throws `UnknownOperationException` for an operation that the service does not have, and
    /// what ``answer`` would throw for an input that names no resource.
    func authorizations(
        _ operation: String, _ input: [UInt8]
    ) throws(AWSFault) -> [Authorization]

    /// Carries out an operation: JSON in, JSON out.
    ///
    /// Throws AWS's own errors; `UnknownOperationException` for an operation it does not have.
    func answer(
        _ operation: String, _ input: [UInt8], caller: Caller
    ) async throws(AWSFault) -> [UInt8]
}
