using System;
using System.Collections.Generic;

namespace KvmSharp.Litmus;

/// <summary>A protocol, its promise, and the variants to run: the broken ones come first.</summary>
sealed record Experiment(string Name, string Promise, Func<IEnumerable<Variant>> Variants);
