/// What the agent does where a file to be written is there already and is not the last
/// deployment's.
///
/// AWS: `fileExistsBehavior`. circle.yml key: `file_exists_behavior`.
package enum FileExistsBehavior: String, CaseIterable, Sendable {
    case disallow = "DISALLOW"
    case overwrite = "OVERWRITE"
    case retain = "RETAIN"
}

/// What makes CodeDeploy deploy the last good revision again.
///
/// AWS: `AutoRollbackEvent`. circle.yml key: `auto_rollback`, a list.
package enum AutoRollbackEvent: String, CaseIterable, Sendable {
    case failure = "DEPLOYMENT_FAILURE"
    case stopOnAlarm = "DEPLOYMENT_STOP_ON_ALARM"
    case stopOnRequest = "DEPLOYMENT_STOP_ON_REQUEST"
}

/// How S3 encrypts a revision.
///
/// AWS: `x-amz-server-side-encryption`. circle.yml key: `server_side_encryption`.
package enum ServerSideEncryption: String, CaseIterable, Sendable {
    case aes256 = "AES256"
    case kms = "aws:kms"
    case doubleKMS = "aws:kms:dsse"

    /// Whether a KMS key can be named for it.
    package var usesKMS: Bool { self != .aes256 }
}

/// The id, ARN or alias of a KMS key.
///
/// circle.yml key: `kms_key_id`.
package struct KMSKeyID: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Nil for a text that is empty, over 2,048 bytes, or has characters that no key id has.
    package init?(_ text: String) {
        let allowed = text.unicodeScalars.allSatisfy {
            $0.isASCIILetterOrDigit || ":/_-".unicodeScalars.contains($0)
        }
        guard allowed, (1...2048).contains(text.utf8.count) else { return nil }
        rawValue = text
    }

    package var description: String { rawValue }
}

/// What a deployment is for, in the words of the project.
///
/// AWS keeps 256 characters; what is longer is cut. circle.yml key: `description`.
package struct DeploymentDescription: Hashable, Sendable, CustomStringConvertible {
    package static let characterLimit = 256

    package let rawValue: String
    /// Whether there was more than AWS keeps.
    package let isCut: Bool

    /// Cuts on a whole character; AWS counts UTF-16 units.
    package init(_ text: String) {
        var kept = ""
        var count = 0
        for character in text {
            count += character.utf16.count
            guard count <= Self.characterLimit else { break }
            kept.append(character)
        }
        rawValue = kept
        isCut = kept.utf8.count < text.utf8.count
    }

    package var description: String { rawValue }
}

/// How long to watch a deployment before giving up on it: 1 second to 7 days.
///
/// circle.yml key: `timeout`: `90`, which is seconds, `45s`, `30m`, `2h` or `1h30m`.
package struct WatchTimeout: Hashable, Sendable, CustomStringConvertible {
    package let seconds: Int

    package static let secondsLimit = 7 * 24 * 3600

    /// Nil for a text that is no such time.
    package init?(_ text: String) {
        var total = 0
        var rest = Substring(text)
        var lastUnit = Int.max
        repeat {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard !digits.isEmpty, digits.utf8.count <= 9, let number = Int(digits) else {
                return nil
            }
            rest = rest.dropFirst(digits.count)
            let unit: Int
            switch rest.popFirst() {
            case "h": unit = 3600
            case "m": unit = 60
            case "s": unit = 1
            case nil where lastUnit == Int.max: unit = 1
            default: return nil
            }
            guard unit < lastUnit else { return nil }
            lastUnit = unit
            total += number * unit
        } while !rest.isEmpty
        guard (1...Self.secondsLimit).contains(total) else { return nil }
        seconds = total
    }

    package var duration: Duration { .seconds(seconds) }

    /// `1h30m`, `45s`.
    package var description: String {
        let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
        return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
    }
}
