/// What a project's deployments touch in AWS: what its settings and all sections of `circle.yml`
/// name, each thing once, in their order.
package struct PolicyScope: Equatable, Sendable {
    /// One application, or one of its groups, in a region.
    package struct Place: Hashable, Sendable {
        package var region: Region
        package var application: ApplicationName
        /// Nil: any group, since none is named.
        package var group: DeploymentGroup?
    }

    /// The keys of a bucket that begin alike.
    package struct Keys: Hashable, Sendable {
        package var region: Region
        package var bucket: BucketName
        package var pattern: KeyPattern
    }

    package struct Configuration: Hashable, Sendable {
        package var region: Region
        package var name: DeploymentConfiguration
    }

    package struct EncryptionKey: Hashable, Sendable {
        package var region: Region
        package var id: KMSKeyID
    }

    package private(set) var keys: [Keys] = []
    package private(set) var places: [Place] = []
    package private(set) var configurations: [Configuration] = []
    package private(set) var encryptionKeys: [EncryptionKey] = []
    /// What keeps the scope from being whole.
    package private(set) var problems: [Problem] = []

    /// Collects the scope. An application of the settings that no section names counts too.
    package init(
        settings: [ApplicationName: ApplicationSettings], sections: [DeploymentSection]
    ) {
        var named = Set<ApplicationName>()
        for section in sections {
            for application in section.applications ?? [] {
                let name = application.application.value
                named.insert(name)
                add(application, of: section, stored: settings[name])
            }
        }
        for (name, stored) in settings.sorted(by: { $0.key < $1.key }) where !named.contains(name) {
            addUnnamed(name, stored)
        }
    }

    private mutating func add(
        _ application: ApplicationSection, of section: DeploymentSection,
        stored: ApplicationSettings?
    ) {
        let name = application.application.value
        let written = application.revisionLocation.placed?.value
        let location =
            written.map {
                RevisionLocation(bucket: $0.bucket.value, keyPattern: $0.keyPattern.value)
            } ?? stored?.revisionLocation
        guard let region = application.region.placed?.value ?? stored?.region, let location else {
            let lacksRegion = application.region == .absent && stored?.region == nil
            let lacksLocation = application.revisionLocation == .absent && location == nil
            let missing: [MissingSetting] =
                (lacksRegion ? [.region] : []) + (lacksLocation ? [.bucket, .keyPattern] : [])
            if !missing.isEmpty {
                problems.append(
                    MissingSetting.problem(missing, of: name, section: section.name.value)
                        .at(application.application.place))
            }
            return
        }
        append(Keys(region: region, bucket: location.bucket, pattern: location.keyPattern))
        let group = application.deploymentGroup.placed?.value
        append(Place(region: region, application: name, group: group))
        addConfigurations(application.deploymentConfiguration.placed?.value, in: region)
        if let key = written?.kmsKeyID.placed?.value {
            let key = EncryptionKey(region: region, id: key)
            if !encryptionKeys.contains(key) { encryptionKeys.append(key) }
        }
    }

    private mutating func addUnnamed(_ name: ApplicationName, _ stored: ApplicationSettings) {
        guard let region = stored.region, let location = stored.revisionLocation else {
            problems.append(
                Problem(
                    .warning, code: "application-left-out",
                    "\(name) is left out: its settings have no "
                        + (stored.region == nil ? "region" : "bucket"),
                    why: "no section of circle.yml names it either",
                    fix: "slipway settings set \(name) --region REGION --bucket BUCKET "
                        + "--key-pattern PATTERN"))
            return
        }
        append(Keys(region: region, bucket: location.bucket, pattern: location.keyPattern))
        append(Place(region: region, application: name, group: nil))
        addConfigurations(nil, in: region)
    }

    /// Without a name it is the group's own, which may be any of the standard ones.
    private mutating func addConfigurations(
        _ named: DeploymentConfiguration?, in region: Region
    ) {
        let names = named.map { [$0] } ?? DeploymentConfiguration.standard
        for name in names {
            let configuration = Configuration(region: region, name: name)
            if !configurations.contains(configuration) { configurations.append(configuration) }
        }
    }

    private mutating func append(_ place: Place) {
        if !places.contains(place) { places.append(place) }
    }

    private mutating func append(_ keys: Keys) {
        if !self.keys.contains(keys) { self.keys.append(keys) }
    }
}
