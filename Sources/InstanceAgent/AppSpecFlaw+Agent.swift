import SlipwayCore

extension AppSpecFlaw {
    /// What agent 1.8 says of it, as far as it says anything that a Swift program can say too: of a
    /// value of a wrong type, Ruby names its own methods.
    var agentText: String {
        let begin = "The deployment failed because "
        let again = ", and then try again."
        return switch self {
        case .empty:
            begin + "the application specification file was empty. Make sure your AppSpec file "
                + "defines at minimum the 'version' and 'os' properties."
        case .version(let text):
            begin + "an invalid version value (\(text ?? "")) was entered in the application "
                + "specification file. Make sure your AppSpec file specifies \"0.0\" as the "
                + "version" + again
        case .os(let text, _): unsupportedOS(text ?? "")
        case .fileExistsBehavior(let text, _):
            begin
                + "an invalid file_exists_behavior value (\(text)) was entered in the application "
                + "specification file. Make sure your AppSpec file specifies one of "
                + "DISALLOW,OVERWRITE,RETAIN as the file_exists_behavior" + again
        case .missing("location", _):
            begin + "the application specification file specifies a script with no location value. "
                + "Specify the location in the hooks section of the AppSpec file" + again
        case .missing("source", _):
            begin
                + "the application specification file specifies a destination file, but no source "
                + "file. Update the files section of the AppSpec file" + again
        case .missing("destination", _):
            begin + "the application specification file specifies only a source file. Add the name "
                + "of the destination file to the files section of the AppSpec file" + again
        case .missing("object", _):
            begin
                + "a permission listed in the application specification file has no object value. "
                + "Update the permissions section of the AppSpec file" + again
        case .missing("type", _):
            begin + "the application specification file specifies an invalid context type. Update "
                + "the permissions section of the AppSpec file" + again
        case .timeout:
            begin + "an invalid timeout value was provided for a script in the application "
                + "specification file. Make corrections in the hooks section of the AppSpec file"
                + again
        case .objectType(_, let text, _):
            begin + "the application specification file specifies a permission for an object type "
                + "not supported for permissions (\(text)). Update the permissions section of the "
                + "AppSpec file" + again
        case .mode(_, _, let read, .tooLong):
            begin + "the length of a permissions mode (\(read)) in the application specification "
                + "file is invalid. Permissions modes must be between one and four characters "
                + "long. Update the permissions section of the AppSpec file" + again
        case .mode(_, _, let read, .character(let scalar)):
            begin + "the permissions mode (\(read)) in the application specification file contains "
                + "an invalid character (\(Character(scalar))). Update the permissions section of "
                + "the AppSpec file" + again
        case .acl(_, let text, .baseEntry):
            begin + "of a problem with the acls permission settings in the application "
                + "specification file. Use mode to set the base acl entry (\(text)). Update the "
                + "permissions section of the AppSpec file" + again
        case .acl(_, let text, .access(let scalar)):
            begin + "the access control list (ACL) named \(text) in the application specification "
                + "file contains an invalid character (\(Character(scalar))). Correct the ACL in "
                + "the hooks section of the AppSpec file" + again
        case .acl(_, let text, _):
            begin + "of a problem with the acls permission settings in the application "
                + "specification file. Invalid acl entry (\(text))."
        case .range(_, let text, .missingPart): "invalid range part \(text)"
        case .range(_, _, .level(let text)): "invalid sensitivity \(text)"
        case .range(_, _, .category(let text)): "invalid category \(text)"
        case .range(_, _, .overlap): "duplicate categories"
        case .range(_, let text, .reversed):
            begin + "of a problem with the SELinux range specified (\(text)) for the context "
                + "parameter in the permissions section of the application specification file. "
                + "Make corrections in the permissions section of the AppSpec file" + again
        case .permissionsOnWindows:
            begin + "the application specification file specifiles file permissions, but the "
                + "deployment is targeting one or more Windows Server instances."
        default: "The AppSpec file cannot be read: \(text.message)."
        }
    }

    /// Where in the agent's order it is looked for; the first that is found is what it tells.
    var agentRank: Int {
        switch self {
        case .version: 2
        case .os: 3
        case .fileExistsBehavior: 7
        case .timeout: 4
        case .missing(_, let entry): Self.rank(ofSection: entry)
        case .wrongType(let path, _, _): Self.rank(ofSection: path)
        case .objectType, .mode, .acl, .range, .permissionsOnWindows: 6
        case .empty, .notAppSpecMapping, .otherPlatform: 1
        default: 0
        }
    }

    private static func rank(ofSection path: String) -> Int {
        if path.hasPrefix("hooks") { return 4 }
        if path.hasPrefix("files") { return 5 }
        if path.hasPrefix("permissions") { return 6 }
        return 1
    }
}
