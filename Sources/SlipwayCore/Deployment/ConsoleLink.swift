/// The page of AWS's console that shows a deployment, on the host of its region.
package func consoleLink(to deployment: DeploymentID, in region: Region) -> String {
    let domain =
        switch region.partition {
        case "aws-cn": "console.amazonaws.cn"
        case "aws-us-gov": "console.amazonaws-us-gov.com"
        default: "console.aws.amazon.com"
        }
    return "https://\(region).\(domain)/codesuite/codedeploy/deployments/\(deployment)"
        + "?region=\(region)"
}
