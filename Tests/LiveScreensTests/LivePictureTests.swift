import DeployEngine
import FoundationEssentials
import Screens
import SlipwayCore
import TestSupport
import Testing
import TextGrid

@testable import LiveScreens

@Suite struct LivePictureTests {
    struct Scene: Sendable, CustomTestStringConvertible {
        let name: String
        let screen: @Sendable () throws -> LiveScreen

        var testDescription: String { name }
    }

    private static func targets(_ targets: [DeploymentTarget]) -> [DeployChange] {
        targets.map { .target(TargetChange(deployment: Fleet.id, target: $0)) }
    }

    private static func result(
        _ outcome: DeployResult.Outcome, _ status: SlipwayCore.ExitStatus,
        rollback: RollbackResult? = nil
    ) throws -> DeployChange {
        .result(
            DeployResult(
                outcome, exitStatus: status, application: try ApplicationName("shop"),
                region: try Region("us-east-1"), deployment: Fleet.id,
                revision: try Fleet.location(), duration: .seconds(65), rollback: rollback))
    }

    private static func failedOfNine(log: String = Fleet.log) throws -> [DeployChange] {
        [
            try Fleet.created(),
            Fleet.status(
                try Fleet.info(
                    .inProgress, .init(pending: 4, inProgress: 2, succeeded: 2, failed: 1))),
        ]
            + targets(
                (1...2).map { Fleet.target($0, .succeeded, at: 7) }
                    + [Fleet.target(3, .inProgress, at: 2), Fleet.target(4, .inProgress, at: 5)]
                    + [Fleet.target(5, .failed, at: 4, log: log)]
                    + (6...9).map { Fleet.target($0, .pending, at: 0) })
    }

    private static func halfWay() throws -> [DeployChange] {
        [
            try Fleet.created(),
            Fleet.status(
                try Fleet.info(.inProgress, .init(pending: 3, inProgress: 2, succeeded: 4))),
        ]
            + targets(
                (1...4).map { Fleet.target($0, .succeeded, at: 7) }
                    + [Fleet.target(5, .inProgress, at: 4), Fleet.target(6, .inProgress, at: 1)]
                    + (7...9).map { Fleet.target($0, .pending, at: 0) })
    }

    static let scenes: [Scene] = [
        Scene(name: "uploading") {
            return Fleet.screen([
                .plan(try Fleet.job("shop"), .only),
                .progress(
                    UploadProgress(
                        readByteCount: 31_000_000, totalByteCount: 61_600_000,
                        packedByteCount: 12_000_000, sentByteCount: 8_388_608)),
            ])
        },
        Scene(name: "pending") {
            Fleet.screen(
                [
                    try Fleet.created(),
                    Fleet.status(try Fleet.info(.created, .init(pending: 9))),
                ], seconds: 3)
        },
        Scene(name: "half-way") { Fleet.screen(try halfWay()) },
        Scene(name: "one-failed-of-nine") { Fleet.screen(try failedOfNine()) },
        Scene(name: "all-failed") {
            Fleet.screen(
                [
                    try Fleet.created(),
                    Fleet.status(
                        try Fleet.info(
                            .failed, .init(failed: 3), error: Fleet.healthError(3))),
                ]
                    + targets((1...3).map { Fleet.target($0, .failed, at: 0, log: Fleet.log) })
                    + [try result(.failed, .deploymentFailed)], seconds: 80)
        },
        Scene(name: "stopping") {
            Fleet.screen(try failedOfNine() + [Fleet.stop(by: "mallory\u{1B}[2J")])
        },
        Scene(name: "stopped") {
            Fleet.screen(
                [
                    try Fleet.created(),
                    Fleet.status(
                        try Fleet.info(
                            .stopped, .init(succeeded: 2, skipped: 7),
                            error: ErrorInformation(
                                code: .manualStop,
                                message: UntrustedText(
                                    "The deployment was stopped by a user.")))),
                    Fleet.stop(by: "alice"),
                ]
                    + targets(
                        (1...2).map { Fleet.target($0, .succeeded, at: 7) }
                            + (3...9).map { Fleet.target($0, .skipped, at: 0) })
                    + [try result(.stopped, .deploymentStopped)], seconds: 80)
        },
        Scene(name: "rolled-back") {
            Fleet.screen(
                [
                    try Fleet.created(),
                    Fleet.status(
                        try Fleet.info(
                            .failed, .init(succeeded: 1, failed: 1, skipped: 1),
                            error: Fleet.healthError(1))),
                ]
                    + targets([
                        Fleet.target(1, .succeeded, at: 7),
                        Fleet.target(2, .failed, at: 4, log: Fleet.log),
                        Fleet.target(3, .skipped, at: 0),
                    ]) + [
                        Fleet.status(
                            try Fleet.info(
                                .inProgress, .init(inProgress: 2, succeeded: 1),
                                id: Fleet.rollbackID), isRollback: true)
                    ]
                    + [
                        Fleet.target(1, .succeeded, at: 7), Fleet.target(2, .inProgress, at: 3),
                        Fleet.target(3, .inProgress, at: 3),
                    ].map {
                        .target(TargetChange(deployment: Fleet.rollbackID, target: $0))
                    })
        },
        Scene(name: "no-permission") {
            Fleet.screen([
                try Fleet.created(),
                Fleet.status(
                    try Fleet.info(
                        .failed, .init(succeeded: 1, failed: 2), error: Fleet.healthError(2))),
                .notice(
                    DeployNotice(
                        Problem(
                            .warning, code: DeployNotice.targetsDeniedCode,
                            "instances and lifecycle events are not shown"))),
            ])
        },
        Scene(name: "first-look-throttled") {
            Fleet.screen(try failedOfNine(), then: [Fleet.silence(after: 4, retry: 3)])
        },
        Scene(name: "throttled") {
            Fleet.screen(
                try failedOfNine(),
                then: [
                    Fleet.silence(after: 16, retry: 15),
                    .notice(
                        DeployNotice(
                            Problem(
                                .warning, code: DeployNotice.cannotLookCode,
                                "AWS does not tell how far it is",
                                why: "AWS is throttling GetDeployment"))),
                ])
        },
        Scene(name: "unknown-status") {
            Fleet.screen(
                [
                    try Fleet.created(),
                    Fleet.status(
                        try Fleet.info(
                            .other("Marin\u{1B}[2Jating"), .init(pending: 1, inProgress: 1))),
                ]
                    + targets([
                        Fleet.target(1, .other("Dozing"), at: 3),
                        Fleet.target(2, .unknown, at: 1),
                    ]))
        },
        Scene(name: "thousand-targets") {
            Fleet.screen(
                [
                    try Fleet.created(),
                    Fleet.status(
                        try Fleet.info(
                            .inProgress,
                            .init(pending: 600, inProgress: 99, succeeded: 300, failed: 1))),
                ]
                    + targets(
                        (10..<1010).map { number in
                            switch number {
                            case ..<310: Fleet.target(number, .succeeded, at: 7)
                            case 310: Fleet.target(number, .failed, at: 1, log: Fleet.log)
                            case ..<410: Fleet.target(number, .inProgress, at: number % 7)
                            default: Fleet.target(number, .pending, at: 0)
                            }
                        }))
        },
        Scene(name: "hostile-log") {
            Fleet.screen(
                try failedOfNine(
                    log: "[stdout]\u{1B}]0;owned\u{07}\u{1B}[2J\u{1B}[1;1Hok\n"
                        + "[stdout]\u{202E}txt.exe\u{202C} 日本語 e\u{301} 👩‍👩‍👧\r\n[stderr]"
                        + String(repeating: "long ", count: 60) + "end of the long line\n"
                        + "[stderr]\u{0}\u{7F}\u{9B}31m last words"))
        },
        Scene(name: "tabs") {
            try Fleet.tabs(
                [
                    (try failedOfNine(), "shop"), (try halfWay(), "api"),
                    (try halfWay() + [try result(.succeeded, .success)], "worker"),
                ], showing: 1)
        },
        Scene(name: "first-of-two-applications") { try Fleet.applications(halfWay()) },
        Scene(name: "second-of-two-applications") {
            let done = try result(.succeeded, .success)
            guard case .result(let first) = done else { preconditionFailure("it is one") }
            let status = Fleet.status(try Fleet.info(.succeeded, .init(succeeded: 9)))
            var screen = try Fleet.applications(halfWay() + [status, .done(first)])
            let worker = try Fleet.job("worker")
            _ = screen.update(.change(tab: 1, .plan(worker, .init(number: 2, count: 2))))
            _ = screen.update(.change(tab: 1, .progress(UploadProgress(totalByteCount: 1 << 20))))
            return screen
        },
        Scene(name: "many-tabs") {
            try Fleet.tabs(
                (1...14).map { number in
                    (number == 12 ? try failedOfNine() : try halfWay(), "shop")
                }, showing: 12)
        },
        Scene(name: "read-in-full") {
            let log = (1...40).map { "[stdout]line \($0)" }.joined(separator: "\n")
            var screen = Fleet.screen(try failedOfNine(log: log))
            _ = screen.update(.openDetail)
            return screen
        },
        Scene(name: "silent-agent") {
            Fleet.screen(
                [
                    try Fleet.created(),
                    Fleet.status(try Fleet.info(.inProgress, .init(inProgress: 2))),
                ]
                    + targets(
                        (1...2).map {
                            var target = Fleet.target($0, .pending, at: 0)
                            target.status = .inProgress
                            return target
                        }), seconds: 75, past: [])
        },
    ]

    @Test(arguments: scenes)
    func `each state has its picture at each size`(scene: Scene) throws {
        let sizes = [(80, 24), (40, 12), (200, 60)]
        let pictures = try sizes.map { width, height in
            var session = Session(try scene.screen(), width: width, height: height)
            _ = session.begin()
            return session.frame.snapshot
        }
        expectSnapshot(pictures.joined(separator: "\n"), named: scene.name)
    }

    @Test(arguments: scenes)
    func `no size is too small`(scene: Scene) throws {
        for (width, height) in [(0, 0), (1, 1), (2, 30), (200, 2), (13, 5), (30, 8)] {
            var session = Session(try scene.screen(), width: width, height: height)
            _ = session.begin()
            let frame = session.frame
            #expect(frame.width == width && frame.height == height)
        }
    }

    @Test(arguments: scenes)
    func `nothing that AWS or a hook said reaches a cell unescaped`(scene: Scene) throws {
        var session = Session(try scene.screen(), width: 200, height: 60)
        _ = session.begin()
        for cell in session.frame.cells {
            #expect(!cell.text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
        }
    }
}
