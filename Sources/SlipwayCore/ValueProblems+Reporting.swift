// Values that are read one at a time report by themselves.

extension ApplicationRootError: ProblemReporting {
    package var problems: [Problem] { [problem] }
    package var exitStatus: ExitStatus { .configuration }
}

extension RegionError: ProblemReporting {
    package var problems: [Problem] { [problem] }
    package var exitStatus: ExitStatus { .configuration }
}

extension BucketNameError: ProblemReporting {
    package var problems: [Problem] { [problem] }
    package var exitStatus: ExitStatus { .configuration }
}

extension KeyPatternError: ProblemReporting {
    package var problems: [Problem] { [problem] }
    package var exitStatus: ExitStatus { .configuration }
}
