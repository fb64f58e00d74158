struct TagInput: Decodable {
    var resourceARN: String?
    var tags: [Tag]?
    var tagKeys: [String]?
    var nextToken: String?

    enum CodingKeys: String, CodingKey {
        case resourceARN = "ResourceArn"
        case tags = "Tags"
        case tagKeys = "TagKeys"
        case nextToken = "NextToken"
    }
}

extension CodeDeploy {
    /// Tags of applications and groups; AWS tags nothing else here.
    private enum Tagged {
        case application(ApplicationRecord)
        case group(GroupRecord)

        var tags: [String: String] {
            get {
                switch self {
                case .application(let record): record.tags
                case .group(let record): record.tags
                }
            }
            set {
                switch self {
                case .application(var record):
                    record.tags = newValue
                    self = .application(record)
                case .group(var record):
                    record.tags = newValue
                    self = .group(record)
                }
            }
        }
    }

    func tagResource(_ input: TagInput) throws(AWSFault) -> some Encodable {
        guard let given = input.tags, !given.isEmpty else { throw .required("Tag", "Tag") }
        let tags = try Check.tags(given)
        return try change { state throws(AWSFault) in
            var tagged = try tagged(input.resourceARN, in: state)
            tagged.tags.merge(tags) { $1 }
            guard tagged.tags.count <= 50 else {
                throw .invalid("TagsToAdd", "There are at most 50 tags")
            }
            try save(tagged, in: &state)
            return Nothing()
        }
    }

    func untagResource(_ input: TagInput) throws(AWSFault) -> some Encodable {
        guard let keys = input.tagKeys, !keys.isEmpty else { throw .required("Tag", "Tag key") }
        return try change { state throws(AWSFault) in
            var tagged = try tagged(input.resourceARN, in: state)
            for key in keys { tagged.tags[key] = nil }
            try save(tagged, in: &state)
            return Nothing()
        }
    }

    func listTagsForResource(_ input: TagInput) throws(AWSFault) -> some Encodable {
        struct Output: Encodable {
            let tags: [Tag]
            let nextToken: String?

            enum CodingKeys: String, CodingKey {
                case tags = "Tags"
                case nextToken = "NextToken"
            }
        }
        return try change { state throws(AWSFault) in
            let tags = try tagged(input.resourceARN, in: state).tags
            let page = try Page(
                of: tags.keys.sorted(), after: input.nextToken, size: options.pageSize,
                operation: .listTagsForResource)
            return Output(
                tags: page.items.map { Tag(key: $0, value: tags[$0]) }, nextToken: page.nextToken)
        }
    }

    private func tagged(
        _ name: String?, in state: borrowing FleetState
    ) throws(AWSFault) -> Tagged {
        guard let name, !name.isEmpty else { throw .required("ResourceArn", "Resource ARN") }
        let parts = name.split(separator: ":", maxSplits: 6, omittingEmptySubsequences: false)
        guard parts.count >= 6, parts[0] == "arn", parts[2] == "codedeploy" else {
            throw .invalid("Arn", "This is no ARN of CodeDeploy: \(name)")
        }
        guard parts.count == 7, name.hasPrefix(arn("")) else {
            throw AWSFault(
                code: "ArnNotSupportedException", message: "\(name) is not of this region's")
        }
        switch parts[5] {
        case "application":
            return .application(try state.application(String(parts[6]), account: account))
        case "deploymentgroup":
            let names = parts[6].split(separator: "/", omittingEmptySubsequences: false)
            guard names.count == 2 else {
                throw .invalid("Arn", "This is no ARN of CodeDeploy: \(name)")
            }
            return .group(
                try state.group(
                    String(names[1]), application: String(names[0]), account: account))
        default:
            throw AWSFault(
                code: "ArnNotSupportedException",
                message: "Only applications and deployment groups have tags: \(name)")
        }
    }

    private func save(_ tagged: Tagged, in state: inout FleetState) throws(AWSFault) {
        switch tagged {
        case .application(let record): try save(record, in: &state)
        case .group(let record): try save(record, in: &state)
        }
    }
}
