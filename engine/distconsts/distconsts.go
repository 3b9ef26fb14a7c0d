// Package distconsts stands in for Dagger's own module of this name, which has no published version. It declares the
// constants that cmd/engine, cmd/dagger and cmd/dnsname read, with the paths where fairlead keeps things on a bare
// Debian host: src/dagger/native.ts knows the same paths.
package distconsts

const (
	EngineContainerName   = "fairlead-engine"
	DefaultEngineSockAddr = "unix:///run/dagger/engine.sock"
)

const (
	RuncPath                         = "/var/lib/fairlead-engine/runc" // ours: Debian's is too old
	DaggerInitPath                   = "/var/lib/fairlead-engine/dagger-init"
	EngineDefaultStateDir            = "/var/lib/fairlead-engine/state"
	EngineContainerBuiltinContentDir = "/var/lib/fairlead-engine/content"
	EngineCustomCACertsDir           = "/var/lib/fairlead-engine/ca-certificates"
)

// Each names an image in EngineContainerBuiltinContentDir by its manifest's digest.
const (
	GoSDKManifestDigestEnvName         = "DAGGER_GO_SDK_MANIFEST_DIGEST"
	PythonSDKManifestDigestEnvName     = "DAGGER_PYTHON_SDK_MANIFEST_DIGEST"
	TypescriptSDKManifestDigestEnvName = "DAGGER_TYPESCRIPT_SDK_MANIFEST_DIGEST"
)

// The images that the engine pulls by itself (a terminal, a socket proxy), and those of Dagger's own tests.
const (
	AlpineVersion = "3.22.1"
	AlpineImage   = "alpine:" + AlpineVersion

	GolangVersion = "1.25.3"
	GolangImage   = "golang:" + GolangVersion + "-alpine"

	BusyboxVersion = "1.37.0"
	BusyboxImage   = "busybox:" + BusyboxVersion
)

const OCIVersionAnnotation = "org.opencontainers.image.version"
