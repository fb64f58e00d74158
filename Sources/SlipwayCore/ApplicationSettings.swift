/// The project-wide defaults for one CodeDeploy application: a layer, every part of which may be
/// missing. The deployment section of `circle.yml` wins over it, value by value.
package struct ApplicationSettings: Equatable, Sendable {
    /// The folder to package. circle.yml key: `application_root`.
    package var applicationRoot: ApplicationRoot?
    /// Where the application lives. circle.yml key: `region`.
    package var region: Region?
    /// Where revisions go, taken whole. circle.yml key: `revision_location`.
    package var revisionLocation: RevisionLocation?

    package init(
        applicationRoot: ApplicationRoot? = nil,
        region: Region? = nil,
        revisionLocation: RevisionLocation? = nil
    ) {
        self.applicationRoot = applicationRoot
        self.region = region
        self.revisionLocation = revisionLocation
    }

    /// The text of one field, as the user wrote it; nil where it is not set.
    package subscript(field: Field) -> String? {
        switch field {
        case .applicationRoot: applicationRoot?.rawValue
        case .region: region?.rawValue
        case .bucket: revisionLocation?.bucket.rawValue
        case .keyPattern: revisionLocation?.keyPattern.rawValue
        }
    }

    /// The fields that a settings form, a command and a document all name alike.
    package enum Field: String, CaseIterable, Sendable {
        case applicationRoot = "application_root"
        case region
        case bucket
        case keyPattern = "key_pattern"

        /// Reads `key_pattern` and `key-pattern` alike.
        package init?(userText: String) {
            self.init(rawValue: userText.replacing("-", with: "_"))
        }
    }
}

/// Where revisions of an application go in S3: both parts or neither.
///
/// circle.yml key: `revision_location.s3_location`.
package struct RevisionLocation: Equatable, Sendable {
    package var bucket: BucketName
    package var keyPattern: KeyPattern

    package init(bucket: BucketName, keyPattern: KeyPattern) {
        self.bucket = bucket
        self.keyPattern = keyPattern
    }
}

/// A change to some fields of an ``ApplicationSettings``: what is not named stays as it is.
package struct SettingsPatch: Equatable, Sendable {
    private var changes: [ApplicationSettings.Field: String?] = [:]

    package init() {}

    package mutating func set(_ field: ApplicationSettings.Field, to text: String) {
        changes[field] = .some(text)
    }

    package mutating func unset(_ field: ApplicationSettings.Field) {
        changes[field] = .some(nil)
    }

    package var isEmpty: Bool { changes.isEmpty }

    /// The settings with the change made to them.
    ///
    /// Throws every flaw at once: a value that is none, and a bucket without a key pattern or the
    /// reverse.
    package func applied(to old: ApplicationSettings) throws(SettingsError) -> ApplicationSettings {
        var text: [ApplicationSettings.Field: String] = [:]
        for field in ApplicationSettings.Field.allCases {
            text[field] = changes[field] ?? old[field]
        }
        return try ApplicationSettings(fields: text)
    }
}

extension ApplicationSettings {
    /// Parses the text of each field; a field without text is missing.
    ///
    /// Throws every flaw at once.
    package init(fields text: [Field: String]) throws(SettingsError) {
        var flaws: [SettingsError.Flaw] = []

        func parsed<Value, Failure: Error>(
            _ field: Field, _ parse: (String) throws(Failure) -> Value,
            _ flaw: (Failure) -> SettingsError.Flaw
        ) -> Value? {
            guard let value = text[field] else { return nil }
            do {
                return try parse(value)
            } catch {
                flaws.append(flaw(error))
                return nil
            }
        }

        applicationRoot = parsed(.applicationRoot, ApplicationRoot.init, { .applicationRoot($0) })
        region = parsed(.region, Region.init, { .region($0) })
        let bucket = parsed(.bucket, BucketName.init, { .bucket($0) })
        let keyPattern = parsed(.keyPattern, KeyPattern.init, { .keyPattern($0) })
        switch (text[.bucket], text[.keyPattern]) {
        case (.some, nil): flaws.append(.halfALocation(missing: .keyPattern))
        case (nil, .some): flaws.append(.halfALocation(missing: .bucket))
        default: break
        }
        guard flaws.isEmpty else { throw SettingsError(flaws: flaws) }
        revisionLocation = bucket.flatMap { bucket in
            keyPattern.map { RevisionLocation(bucket: bucket, keyPattern: $0) }
        }
    }
}

/// What is wrong with a project's application settings: everything at once.
package struct SettingsError: Error, Equatable, Sendable {
    package enum Flaw: Error, Equatable, Sendable {
        case applicationRoot(ApplicationRootError)
        case region(RegionError)
        case bucket(BucketNameError)
        case keyPattern(KeyPatternError)
        case halfALocation(missing: ApplicationSettings.Field)

        package var field: ApplicationSettings.Field {
            switch self {
            case .applicationRoot: .applicationRoot
            case .region: .region
            case .bucket: .bucket
            case .keyPattern: .keyPattern
            case .halfALocation(let missing): missing
            }
        }
    }

    package let flaws: [Flaw]
}
