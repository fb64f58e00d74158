/// What an operation needs the caller to be allowed: an IAM action on a resource.
package struct Authorization: Sendable, Equatable {
    /// The IAM action, such as `codedeploy:CreateDeployment`.
    package let action: String
    /// The ARN of what it is done to, or `*` where IAM knows no resource for the action.
    package let resource: String

    package init(action: String, resource: String) {
        self.action = action
        self.resource = resource
    }
}
