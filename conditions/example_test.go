package conditions_test

import (
	"fmt"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/conditions"
)

func Example() {
	schema := conditions.Schema{Fields: andante.BuiltinFields, Steps: []string{"welcome"}}
	_, err := conditions.Compile(`account.stge == "prospect"`, schema)
	fmt.Println(err)

	c, err := conditions.Compile(`account.stage == "prospect" and not replied()`, schema)
	if err != nil {
		fmt.Println(err)
		return
	}
	v := andante.NewForm(nil, nil).Fill(andante.Contact{}, andante.Account{Stage: "prospect"}, andante.Person{})
	holds, err := c.Eval(v, conditions.History{})
	fmt.Println(holds, err)
	// Output:
	// column 1: there is no field account.stge; did you mean account.stage?
	// true <nil>
}
