import SlipwayCore
import Testing

@Suite struct ExplanationTests {
    /// AWS's `ErrorCode`, from the service model.
    static let codes = """
        AGENT_ISSUE ALARM_ACTIVE APPLICATION_MISSING AUTOSCALING_VALIDATION_ERROR
        AUTO_SCALING_CONFIGURATION AUTO_SCALING_IAM_ROLE_PERMISSIONS
        CODEDEPLOY_RESOURCE_CANNOT_BE_FOUND CUSTOMER_APPLICATION_UNHEALTHY DEPLOYMENT_GROUP_MISSING
        ECS_UPDATE_ERROR ELASTIC_LOAD_BALANCING_INVALID ELB_INVALID_INSTANCE HEALTH_CONSTRAINTS
        HEALTH_CONSTRAINTS_INVALID HOOK_EXECUTION_FAILURE IAM_ROLE_MISSING IAM_ROLE_PERMISSIONS
        INTERNAL_ERROR INVALID_ECS_SERVICE INVALID_LAMBDA_CONFIGURATION INVALID_LAMBDA_FUNCTION
        INVALID_REVISION MANUAL_STOP MISSING_BLUE_GREEN_DEPLOYMENT_CONFIGURATION
        MISSING_ELB_INFORMATION MISSING_GITHUB_TOKEN NO_EC2_SUBSCRIPTION NO_INSTANCES
        OVER_MAX_INSTANCES RESOURCE_LIMIT_EXCEEDED REVISION_MISSING THROTTLED TIMEOUT
        CLOUDFORMATION_STACK_FAILURE
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    @Test(arguments: codes)
    func `each error code of CodeDeploy has a sentence and a next check`(code: String) throws {
        let error = ErrorInformation(code: .init(rawValue: code), message: nil)
        let explanation = try #require(error.explanation)
        for text in [explanation.meaning, explanation.nextCheck] {
            #expect(!text.isEmpty && !text.hasSuffix("."))
        }
    }

    @Test func `a code that AWS adds later is not explained`() {
        #expect(ErrorInformation(code: .init(rawValue: "NEW"), message: nil).explanation == nil)
    }

    @Test func `a failed ApplicationStop says whose script it was`() throws {
        let record = LifecycleEventRecord(
            event: .applicationStop, status: .failed,
            diagnostics: Diagnostics(errorCode: .scriptFailed))
        let previous = Revision.s3(
            S3Location(
                bucket: try BucketName("b-1"), key: try S3Key("apps/shop-1"),
                version: ObjectVersion("v7")))
        #expect(
            record.explanation(previous: previous)?.meaning
                == "ApplicationStop runs the scripts of the previous revision, b-1/apps/shop-1, "
                + "version v7; there a script ended with another status than 0")
        #expect(record.explanation()?.meaning.contains("the previous revision") == true)
    }

    @Test func `output that is not UTF-8 is known by what the agent reports in its place`() throws {
        let minimal = Diagnostics(
            errorCode: .unknownError, scriptName: UntrustedText("a.sh"),
            message: UntrustedText("Attempting minimal diagnostics"),
            logTail: UntrustedText("Exception JSON::GeneratorError occured"))
        func explained(_ event: LifecycleEvent, _ diagnostics: Diagnostics) throws -> Explanation {
            let record = LifecycleEventRecord(
                event: event, status: .failed, diagnostics: diagnostics)
            return try #require(record.explanation())
        }
        // Of BeforeInstall, UnknownError says that appspec.yml is wrong otherwise.
        for event in [LifecycleEvent.beforeInstall, .afterInstall] {
            let explanation = try explained(event, minimal)
            #expect(explanation.meaning.contains("\(event) a script failed"))
            #expect(explanation.meaning.contains("not UTF-8"))
            #expect(explanation.nextCheck.contains("UTF-8"))
        }
        let stop = try explained(.applicationStop, minimal)
        #expect(stop.meaning.contains("the previous revision; there a script failed"))
        #expect(stop.meaning.contains("not UTF-8"))
        var other = minimal
        other.message = UntrustedText("the agent was restarted")
        #expect(!(try explained(.beforeInstall, other).meaning.contains("UTF-8")))
    }

    @Test func `what did not fail needs no explanation`() {
        let record = LifecycleEventRecord(event: .afterInstall, status: .succeeded)
        #expect(record.explanation() == nil)
    }

    @Test(arguments: [
        LifecycleErrorCode.scriptMissing, .scriptNotExecutable, .scriptTimedOut, .scriptFailed,
        .unknownError, .init(rawValue: "New"),
    ])
    func `each lifecycle error of a script is explained in its own words`(
        code: LifecycleErrorCode
    ) throws {
        let records = [LifecycleEvent.beforeInstall, .install, .downloadBundle, .afterInstall].map {
            LifecycleEventRecord(
                event: $0, status: .failed, diagnostics: Diagnostics(errorCode: code))
        }
        let meanings = try records.map { try #require($0.explanation()).meaning }
        #expect(Set(meanings).count >= 3)
    }
}
