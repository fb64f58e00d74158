import Glibc
import SlipwayCore

/// Why an event failed, other than by a script. What people read are the agent's words.
enum AgentError: Error, Equatable {
    /// A system call, called what Ruby calls it, and the path as the instance has it.
    case system(code: Int32, call: String, path: String)
    case unsupportedEvent(LifecycleEvent)
    /// A deployment's or a group's id that cannot name a folder.
    case unusableIdentifier(String)
    case archiveTool(String, status: Int32)
    case archiveToolMissing(String)
    case notAnArchive
    /// An entry whose path leaves the archive. The agent's fallback would follow it.
    case entryOutside(String)
    case notUTF8Name
    case appSpecMissing(archive: String)
    case appSpec(AppSpecFinding)
    case windows
    case unknownEvents([LifecycleEvent])
    case fileExists(String)
    case copiedTwice(source: String, other: String, destination: String)
    case fileOverFolder(source: String, destination: String)
    case folderOverFile(destination: String, source: String)
    case permissionTwice(String)
    case patternOnFile(object: String, pattern: String)
    case exceptOnFile(object: String, except: [String])
    case defaultEntryOnFile
    case unknownUser(String)
    case unknownGroup(String)
    case numericAccount
    case accessControl(object: String, entries: String, status: Int32?)
    case securityContext(command: String)
    case giveAway(path: String)
    case confinement(ConfinementError)
    case restarted

    static func lastSystemCall(_ call: String, _ path: String) -> AgentError {
        .system(code: errno, call: call, path: path)
    }
}

extension AgentError: CustomStringConvertible {
    var description: String {
        switch self {
        case .system(let code, let call, let path): "\(systemText(code)) @ \(call) - \(path)"
        case .unsupportedEvent(let event): "Unsupported command type: \(event)."
        case .unusableIdentifier(let text): "The id \(text) cannot be the name of a folder."
        case .archiveTool(let name, let status): "Error extracting \(name) archive: \(status)"
        case .archiveToolMissing(let tool):
            "The bundle cannot be unpacked: \(tool) is not installed on this machine."
        case .notAnArchive: "Zip end of central directory signature not found"
        case .entryOutside(let name):
            "The bundle has an entry that lies outside of it: \(name). The agent might have written "
                + "it; the sandbox refuses."
        case .notUTF8Name: "source sequence is illegal/malformed utf-8"
        case .appSpecMissing(let archive):
            "The CodeDeploy agent did not find an AppSpec file within the unpacked revision "
                + "directory at revision-relative path \"appspec.yml\". The revision was unpacked "
                + "to directory \"\(archive)\", and the AppSpec file was expected but not found at "
                + "path \"\(archive)/appspec.yml\". Consult the AWS CodeDeploy Appspec "
                + "documentation for more information at http://docs.aws.amazon.com/codedeploy/"
                + "latest/userguide/reference-appspec-file.html"
        case .appSpec(let finding): finding.flaw.agentText
        case .windows: unsupportedOS("windows")
        case .unknownEvents(let events):
            "appspec.yml file contains unknown lifecycle events: ["
                + events.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
        case .fileExists(let path):
            "The deployment failed because a specified file already exists at this location: \(path)"
        case .copiedTwice(let source, let other, let destination):
            "The deployment failed because the application specification file specifies two source "
                + "files named \(source) and \(other) for the same destination (\(destination)). "
                + "Remove one of the source file paths from the AppSpec file, and then try again."
        case .fileOverFolder(let source, let destination):
            "The deployment failed because the application specification file calls for installing "
                + "the file \(source), but a file with that name already exists at the location "
                + "(\(destination)). Update your AppSpec file or directory structure, and then try "
                + "again."
        case .folderOverFile(let destination, let source):
            "The deployment failed because the application specification file includes an mkdir "
                + "command more than once for the same destination path (\(destination)) from "
                + "(\(source)). Update the files section of the AppSpec file, and then try again."
        case .permissionTwice(let object):
            "The deployment failed because the permissions setting for (\(object)) is specified "
                + "more than once in the application specification file. Update the files section "
                + "of the AppSpec file, and then try again."
        case .patternOnFile(let object, let pattern):
            "The deployment failed because the application specification file includes an object "
                + "(\(object)) with an invalid pattern (\(pattern)), such as a pattern for a file "
                + "applied to a directory. Correct the permissions section of the AppSpec file, "
                + "and then try again."
        case .exceptOnFile(let object, let except):
            "The deployment failed because the except parameter for a pattern in the permissions "
                + "section ([\(except.map { "\"\($0)\"" }.joined(separator: ", "))]) for the object "
                + "named \(object) contains an invalid format. Update the AppSpec file, and then "
                + "try again."
        case .defaultEntryOnFile:
            "The deployment failed because the -d parameter has been specified to apply an acl "
                + "setting to a file. This parameter is supported for directories only. Update the "
                + "AppSpec file, and then try again."
        case .unknownUser(let name): "can't find user for \(name)"
        case .unknownGroup(let name): "can't find group for \(name)"
        case .numericAccount: "no implicit conversion of Integer into String"
        case .accessControl(let object, let entries, let status):
            "The deployment failed because of a problem with the acls permission settings in the "
                + "application specification file for this object: \(object). Failed command: "
                + "setfacl --set \(entries) \(object). Exit code: "
                + (status.map { "exit \($0)" } ?? "setfacl is not installed on this machine")
        case .securityContext(let command):
            "The deployment failed because the application specification file contains an error in "
                + "the settings for the context parameter. Update the permissions section of the "
                + "AppSpec file, and then try again. Failed command: \(command). Exit code: an "
                + "instance of the sandbox has no SELinux"
        case .giveAway(let path):
            "\(systemText(EPERM)) @ apply2files - \(path) (only root can give a file to another "
                + "user, and the sandbox does not run as root)"
        case .confinement(let error): error.description
        case .restarted: "Failed: Failing in-progress lifecycle event after an agent restart."
        }
    }
}

func unsupportedOS(_ text: String) -> String {
    "The deployment failed because the application specification file specifies an unsupported "
        + "operating system (\(text)). Specify either \"linux\" or \"windows\" in the os section of "
        + "the AppSpec file, and then try again."
}

func systemText(_ code: Int32) -> String { String(cString: strerror(code)) }
