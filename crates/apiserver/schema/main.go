// Prints how the built-in kinds look on the wire: ../src/kinds/kinds.txt.
//
//	cd crates/apiserver/schema && go run . >../src/kinds/kinds.txt
//
// Kubernetes' Go types carry both their JSON and their protobuf layout as struct tags; this reads the tags.
package main

import (
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	events "k8s.io/api/events/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Types that write their own JSON: one word each, known to the reader of the table.
var leaves = map[reflect.Type]string{
	reflect.TypeFor[meta.Time]():                                  "time",
	reflect.TypeFor[meta.MicroTime]():                             "microtime",
	reflect.TypeFor[meta.Duration]():                              "duration",
	reflect.TypeFor[meta.FieldsV1]():                              "json",
	reflect.TypeFor[runtime.RawExtension]():                       "json",
	reflect.TypeFor[apiextensions.JSON]():                         "json",
	reflect.TypeFor[intstr.IntOrString]():                         "intorstring",
	reflect.TypeFor[resource.Quantity]():                          "string1",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrBool]():        "schemaorbool",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrArray]():       "schemaoritems",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrStringArray](): "schemaorstrings",
}

// Kinds that any group's clients send under that group's own version.
var common = map[string]bool{"DeleteOptions": true}

// Kinds that are never a request's body.
var skipped = map[string]bool{
	"ConversionReview": true, "NodeProxyOptions": true, "PodAttachOptions": true, "PodExecOptions": true,
	"PodLogOptions": true, "PodPortForwardOptions": true, "PodProxyOptions": true, "PodStatusResult": true,
	"SerializedReference": true, "ServiceProxyOptions": true,
}

func main() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistration.AddToScheme, apiextensions.AddToScheme, apps.AddToScheme, authorization.AddToScheme,
		autoscalingv1.AddToScheme, autoscaling.AddToScheme, batch.AddToScheme, coordination.AddToScheme, core.AddToScheme,
		discovery.AddToScheme, events.AddToScheme, networking.AddToScheme, policy.AddToScheme, rbac.AddToScheme,
		scheduling.AddToScheme, storage.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	messages := map[string][]string{}
	kinds := []string{}
	for gvk, typ := range scheme.AllKnownTypes() {
		if gvk.Version == "__internal" || (typ.PkgPath() == reflect.TypeFor[meta.Time]().PkgPath() && (!common[gvk.Kind] || gvk.Group != "")) {
			continue
		}
		if _, list := typ.FieldByName("Items"); list || skipped[gvk.Kind] {
			continue
		}
		kinds = append(kinds, fmt.Sprintf("kind %s %s %s", gvk.GroupVersion(), gvk.Kind, name(typ)))
		visit(typ, messages)
	}
	sort.Strings(kinds)
	fmt.Println("# Kubernetes v0.34.1: how the built-in kinds look on the wire. Written by crates/apiserver/schema.")
	fmt.Println(strings.Join(kinds, "\n"))
	for _, m := range sorted(messages) {
		fmt.Println("message " + m)
		for _, f := range messages[m] {
			fmt.Println(f)
		}
	}
}

func sorted(m map[string][]string) []string {
	keys := []string{}
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func name(t reflect.Type) string {
	parts := strings.Split(t.PkgPath(), "/")
	return strings.Join(parts[len(parts)-2:], ".") + "." + t.Name()
}

func visit(t reflect.Type, out map[string][]string) {
	if _, seen := out[name(t)]; seen {
		return
	}
	out[name(t)] = nil
	lines := []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("protobuf")
		if tag == "" {
			continue
		}
		number := strings.Split(tag, ",")[1]
		jsonTag := strings.Split(f.Tag.Get("json"), ",")
		key, omit := jsonTag[0], strings.Contains(f.Tag.Get("json"), "omitempty")
		if key == "" {
			key = "-"
		}
		flag := ""
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			flag, typ = "?", typ.Elem()
		} else if !omit {
			flag = "!"
		}
		lines = append(lines, fmt.Sprintf(" %s %s %s%s", number, key, flag, describe(typ, out)))
	}
	out[name(t)] = lines
}

func describe(t reflect.Type, out map[string][]string) string {
	if leaf, ok := leaves[t]; ok {
		return leaf
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describe(t.Elem(), out)
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64, reflect.Float64:
		return t.Kind().String()
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		return "[]" + describe(t.Elem(), out)
	case reflect.Map:
		if t.Elem().Kind() == reflect.Slice && t.Elem().Elem().Kind() == reflect.String {
			// A map cannot hold repeated values: the list has a message around it.
			return "{}texts"
		}
		return "{}" + describe(t.Elem(), out)
	case reflect.Struct:
		visit(t, out)
		return name(t)
	}
	panic("no wire form for " + t.String())
}
