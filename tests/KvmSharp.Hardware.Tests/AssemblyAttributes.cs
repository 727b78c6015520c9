using System.Runtime.Versioning;

// Tests of machines are skipped elsewhere; see KvmFactAttribute.
[assembly: SupportedOSPlatform("linux")]
