// Oracle answers what Kubernetes' own libraries make of quantities and pods.
//
// It reads one JSON question a line and writes one JSON answer a line; a question holds a quantity or a pod, an
// answer the nanos of each resource or the library's own error.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"math/big"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	maxofsums "k8s.io/component-helpers/resource"

	sumofmax "kube-headroom.io/tools/oracle/component-helpers-1.35/resource"
)

// Numbers with more decimal digits than this are answered as too large instead of being written out.
const maxDigits = 300

const maxOfSumsSince = 37

type question struct {
	// Quantity is a text for ParseQuantity, QuantityJSON the JSON value of a quantity.
	Quantity     *string         `json:"quantity,omitempty"`
	QuantityJSON json.RawMessage `json:"quantityJSON,omitempty"`

	Pod       *corev1.Pod `json:"pod,omitempty"`
	Minor     int         `json:"minor,omitempty"`
	UseStatus bool        `json:"useStatus,omitempty"`
}

type answer struct {
	Nanos    *big.Int            `json:"nanos,omitempty"`
	TooLarge bool                `json:"tooLarge,omitempty"`
	Requests map[string]*big.Int `json:"requests,omitempty"`
	Limits   map[string]*big.Int `json:"limits,omitempty"`
	Error    string              `json:"error,omitempty"`
}

func main() {
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	buffered := bufio.NewWriterSize(os.Stdout, 1<<20)
	out := json.NewEncoder(buffered)
	for in.More() {
		var asked question
		if err := in.Decode(&asked); err != nil {
			log.Fatalf("oracle: cannot decode a question: %v", err)
		}
		if err := out.Encode(reply(&asked)); err != nil {
			log.Fatalf("oracle: cannot write an answer: %v", err)
		}
	}
	if err := buffered.Flush(); err != nil {
		log.Fatalf("oracle: cannot write the answers: %v", err)
	}
}

func reply(asked *question) answer {
	switch {
	case asked.Quantity != nil:
		return ofQuantity(resource.ParseQuantity(*asked.Quantity))
	case asked.QuantityJSON != nil:
		var quantity resource.Quantity
		err := json.Unmarshal(asked.QuantityJSON, &quantity)
		return ofQuantity(quantity, err)
	case asked.Pod != nil:
		requests, limits := ofPod(asked)
		return answer{Requests: inNanos(requests), Limits: inNanos(limits)}
	}
	return answer{Error: "a question needs quantity, quantityJSON or pod"}
}

func ofQuantity(quantity resource.Quantity, err error) answer {
	if err != nil {
		return answer{Error: err.Error()}
	}
	value, ok := nanos(quantity)
	if !ok {
		return answer{TooLarge: true}
	}
	return answer{Nanos: value}
}

// ofPod applies the rule of a minor with the options that the scheduler has by default.
func ofPod(asked *question) (requests, limits corev1.ResourceList) {
	if asked.Minor >= maxOfSumsSince {
		options := maxofsums.PodResourcesOptions{
			UseStatusResources: asked.UseStatus,
			InPlacePodLevelResourcesVerticalScalingEnabled: asked.UseStatus,
		}
		return maxofsums.PodRequests(asked.Pod, options), maxofsums.PodLimits(asked.Pod, options)
	}
	options := sumofmax.PodResourcesOptions{
		UseStatusResources: asked.UseStatus,
		InPlacePodLevelResourcesVerticalScalingEnabled: asked.UseStatus,
	}
	return sumofmax.PodRequests(asked.Pod, options), sumofmax.PodLimits(asked.Pod, options)
}

func inNanos(list corev1.ResourceList) map[string]*big.Int {
	values := make(map[string]*big.Int, len(list))
	for name, quantity := range list {
		value, ok := nanos(quantity)
		if !ok {
			log.Fatalf("oracle: %s of a pod is too large to be written out", name)
		}
		values[string(name)] = value
	}
	return values
}

// nanos returns the exact number of nanos, or false if it has too many digits.
func nanos(quantity resource.Quantity) (*big.Int, bool) {
	decimal := quantity.AsDec()
	unscaled := decimal.UnscaledBig()
	if unscaled.Sign() == 0 {
		return new(big.Int), true
	}
	// Nothing the parser returns is finer than a nano, so that the power is never negative.
	power := 9 - int64(decimal.Scale())
	magnitude := new(big.Int).Abs(unscaled)
	if int64(len(magnitude.String()))+power > maxDigits {
		return nil, false
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(power), nil)
	return scale.Mul(scale, unscaled), true
}
