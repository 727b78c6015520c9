using System.Collections.Generic;

namespace KvmSharp.Lab.Scale;

/// <summary>
/// A part of a virtual machine that exists in several designs, and what each costs as the machine grows: memory slots,
/// vCPUs, and so on.
/// </summary>
/// <remarks>A subject holds no state between cases; one thread uses it.</remarks>
public abstract class ScaleSubject
{
    /// <summary>Its name on the command line and in the results.</summary>
    public abstract string Name { get; }

    /// <summary>What is measured, in one sentence.</summary>
    public abstract string Description { get; }

    /// <summary>What grows.</summary>
    public abstract ScaleAxis Axis { get; }

    /// <summary>What a design is called here, and on the command line after two hyphens: <c>store</c>, <c>table</c>.</summary>
    public abstract string DesignNoun { get; }

    /// <summary>The designs' names, in the order in which they are shown.</summary>
    public abstract IReadOnlyList<string> Designs { get; }

    /// <summary>The design that a machine gets when nothing is chosen.</summary>
    public abstract string DefaultDesign { get; }

    /// <summary>What can be measured.</summary>
    public abstract IReadOnlyList<ScaleOperation> Operations { get; }

    /// <summary>How long each case is measured when nothing is chosen: short where there are many.</summary>
    public virtual double DefaultSeconds => 0.1;

    /// <summary>
    /// The cases of a selection, in the order in which they are run. Designs that are compared with each other stand next
    /// to each other, so that a change of the machine's mood meets all of them.
    /// </summary>
    public abstract IEnumerable<ScaleCase> Plan(ScaleSelection selection);

    /// <summary>Published figures that follow from sizes alone, beside what they come to here.</summary>
    public virtual IReadOnlyList<PublishedFigure> PublishedFigures() => [];
}
