package reports

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/andante-hq/andante"
	"github.com/andante-hq/andante/store"
)

// Owned are the conversations of a colleague.
type Owned struct {
	Owner    string        `json:"owner"`
	Valuable int           `json:"valuable"` // minutes of those worth 4 or 5
	Minutes  int           `json:"minutes"`
	Worth    float64       `json:"worth,omitempty"` // on average, of those that were rated
	Accounts []WithAccount `json:"accounts"`
}

// WithAccount are those with one account.
type WithAccount struct {
	Account  andante.AccountID `json:"account"`
	Name     string            `json:"name"`
	Valuable int               `json:"valuable"`
	Minutes  int               `json:"minutes"`
	Worth    float64           `json:"worth,omitempty"`
	Last     time.Time         `json:"last"`
}

// Conversations adds up what people said to each other since an instant, by owner and
// account, those of most valuable minutes first.
func (r *Reports) Conversations(ctx context.Context, since time.Time) ([]Owned, error) {
	var spoken []store.Spoken
	names := map[andante.AccountID]string{}
	err := r.Store.Read(ctx, func(tx *store.Tx) (err error) {
		if spoken, err = tx.SpokenSince(ctx, since); err != nil {
			return err
		}
		ids := make([]andante.AccountID, len(spoken))
		for i, s := range spoken {
			ids[i] = s.Account
		}
		accounts, err := tx.Accounts(ctx, ids)
		for _, a := range accounts {
			names[a.ID] = cmp.Or(a.Name, a.Key)
		}
		return err
	})
	return byOwner(spoken, names), err
}

func byOwner(spoken []store.Spoken, names map[andante.AccountID]string) []Owned {
	at, list := map[string]int{}, []Owned{}
	worth, rated := map[string]int{}, map[string]int{}
	for _, s := range spoken {
		i, ok := at[s.Owner]
		if !ok {
			i = len(list)
			at[s.Owner], list = i, append(list, Owned{Owner: s.Owner})
		}
		o := &list[i]
		o.Valuable, o.Minutes = o.Valuable+s.Valuable, o.Minutes+s.Minutes
		worth[s.Owner], rated[s.Owner] = worth[s.Owner]+s.Worth, rated[s.Owner]+s.Rated
		o.Worth = average(worth[s.Owner], rated[s.Owner])
		o.Accounts = append(o.Accounts, WithAccount{
			Account: s.Account, Name: names[s.Account], Valuable: s.Valuable, Minutes: s.Minutes, Worth: average(s.Worth, s.Rated), Last: s.Last,
		})
	}
	slices.SortStableFunc(list, func(a, b Owned) int {
		return cmp.Or(cmp.Compare(b.Valuable, a.Valuable), cmp.Compare(b.Minutes, a.Minutes))
	})
	return list
}

func average(sum, n int) float64 {
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}
