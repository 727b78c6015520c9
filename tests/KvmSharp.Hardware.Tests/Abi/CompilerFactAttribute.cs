using System;
using System.IO;
using System.Linq;
using Xunit;

namespace KvmSharp.Hardware.Tests.Abi;

/// <summary>A test that needs a C compiler and the kernel's headers; elsewhere it is skipped, and says why.</summary>
public sealed class CompilerFactAttribute : FactAttribute
{
    internal const string Compiler = "gcc";
    const string Header = "/usr/include/linux/kvm.h";

    public CompilerFactAttribute()
    {
        if (!File.Exists(Header))
            Skip = $"there is no {Header}";
        else if (!IsInPath(Compiler))
            Skip = $"there is no {Compiler}";
    }

    static bool IsInPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
