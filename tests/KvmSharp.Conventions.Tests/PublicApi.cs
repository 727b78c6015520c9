using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace KvmSharp.Conventions;

/// <summary>Lists what an assembly offers to others: a line for each type and member, sorted.</summary>
static class PublicApi
{
    const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static string Of(Assembly assembly) => string.Concat(
        assembly.GetExportedTypes()
            .SelectMany(type => Members(type).Prepend(Declaration(type)))
            .Order(StringComparer.Ordinal)
            .Select(line => line + "\n"));

    static string Declaration(Type type)
    {
        IEnumerable<Type> interfaces = type.GetInterfaces()
            .Where(face => face.IsPublic && face.Name != "IEquatable`1")
            .OrderBy(TypeName.Full, StringComparer.Ordinal);
        IEnumerable<Type> bases = type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)
            && parent != typeof(Enum) ? interfaces.Prepend(parent) : interfaces;
        string list = type.IsEnum ? TypeName.Of(Enum.GetUnderlyingType(type)) : string.Join(", ", bases.Select(TypeName.Of));
        return $"{TypeName.Full(type)}: {Kind(type)}{(list.Length == 0 ? "" : $" : {list}")}";
    }

    static string Kind(Type type)
    {
        if (type.IsEnum)
            return "enum";
        if (type.IsInterface)
            return "interface";
        if (type.IsValueType)
        {
            string readOnly = type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "";
            return $"{readOnly}{(type.IsByRefLike ? "ref " : "")}struct";
        }
        if (type.IsSubclassOf(typeof(Delegate)))
            return "delegate";
        return type.IsAbstract && type.IsSealed ? "static class"
            : type.IsAbstract ? "abstract class"
            : type.IsSealed ? "sealed class"
            : "class";
    }

    static IEnumerable<string> Members(Type type)
    {
        string prefix = TypeName.Full(type) + ".";
        foreach (FieldInfo field in type.GetFields(Declared).Where(field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName))
            yield return prefix + Field(type, field);
        foreach (PropertyInfo property in type.GetProperties(Declared).Where(IsOffered))
            yield return prefix + Property(property);
        foreach (EventInfo @event in type.GetEvents(Declared).Where(item => IsOffered(item.AddMethod)))
            yield return $"{prefix}{@event.Name}: event {TypeName.Of(@event.EventHandlerType!)}";
        foreach (ConstructorInfo constructor in type.GetConstructors(Declared).Where(IsOffered))
            yield return $"{prefix}new({Parameters(constructor)})";
        // What the compiler writes for records is not a decision; operators are.
        foreach (MethodInfo method in type.GetMethods(Declared).Where(IsOffered)
            .Where(method => !method.IsDefined(typeof(CompilerGeneratedAttribute))
                && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))))
            yield return prefix + Method(method);
    }

    static string Field(Type type, FieldInfo field)
    {
        if (type.IsEnum)
            return string.Create(
                CultureInfo.InvariantCulture, $"{field.Name} = {Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        return field.IsLiteral
            ? string.Create(CultureInfo.InvariantCulture, $"{field.Name}: const {TypeName.Of(field.FieldType)} = {field.GetRawConstantValue()}")
            : $"{field.Name}: {(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{TypeName.Of(field.FieldType)}";
    }

    static string Property(PropertyInfo property)
    {
        string index = property.GetIndexParameters() is { Length: > 0 } parameters
            ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : "";
        string get = IsOffered(property.GetMethod) ? "get; " : "";
        string set = !IsOffered(property.SetMethod) ? "" : IsInit(property.SetMethod!) ? "init; " : "set; ";
        MethodInfo accessor = property.GetMethod ?? property.SetMethod!;
        return $"{property.Name}{index}: {Modifiers(accessor)}{TypeName.Of(property.PropertyType)} {{ {get}{set}}}";
    }

    static string Method(MethodInfo method)
    {
        string generic = method.IsGenericMethodDefinition
            ? $"<{string.Join(", ", method.GetGenericArguments().Select(TypeName.Of))}>" : "";
        return $"{method.Name}{generic}({Parameters(method)}): {Modifiers(method)}{TypeName.Of(method.ReturnType)}";
    }

    static string Modifiers(MethodInfo method) =>
        (method.IsFamily ? "protected " : "") + (method.IsStatic ? "static " : "")
        + (method.DeclaringType!.IsInterface || !method.IsVirtual || method.IsFinal ? ""
            : method.IsAbstract ? "abstract "
            : method.GetBaseDefinition() != method ? "override " : "virtual ");

    static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    static string Parameter(ParameterInfo parameter)
    {
        string passing = !parameter.ParameterType.IsByRef ? "" : parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
        Type type = parameter.ParameterType.IsByRef ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
        string value = !parameter.HasDefaultValue ? ""
            : string.Create(CultureInfo.InvariantCulture, $" = {parameter.RawDefaultValue ?? "default"}");
        return $"{passing}{TypeName.Of(type)} {parameter.Name}{value}";
    }

    static bool IsOffered(PropertyInfo property) => IsOffered(property.GetMethod) || IsOffered(property.SetMethod);

    static bool IsOffered(MethodBase? method) => method is not null && (method.IsPublic || method.IsFamily);

    static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
}
