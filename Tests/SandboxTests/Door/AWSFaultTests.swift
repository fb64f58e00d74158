import Sandbox
import Testing

@Suite struct AWSFaultTests {
    @Test func `a fault comes with status 400 unless it says otherwise`() {
        #expect(AWSFault(code: "InvalidRevisionException", message: "").status == 400)
        #expect(AWSFault(code: "NoSuchKey", message: "", status: 404).status == 404)
    }
}
