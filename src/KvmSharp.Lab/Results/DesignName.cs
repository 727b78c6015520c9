using System;

namespace KvmSharp.Lab.Results;

/// <summary>Names of designs, some of which may be followed by a bound: <c>growable-array:509</c>.</summary>
static class DesignName
{
    const char BeforeBound = ':';

    /// <summary>The design's own name; the whole of it where what follows the colon is no bound.</summary>
    internal static string WithoutBound(string name)
    {
        int colon = name.IndexOf(BeforeBound, StringComparison.Ordinal);
        bool isBounded = colon >= 0 && colon + 1 < name.Length
            && name.AsSpan(colon + 1).IndexOfAnyExceptInRange('0', '9') < 0;
        return isBounded ? name[..colon] : name;
    }
}
