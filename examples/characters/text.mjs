/** What the model learns to write: a text of 1500 characters. Put your own here. */
export const text = `
the river comes from the hill and goes to the sea. in the morning the river is cold and clear. the fisher comes down
from the hill and looks at the water. the water is high, so the gate is shut. the keeper of the gate waits for the sun.

when the sun is over the hill, the keeper opens the gate. the water runs through the gate and goes to the mill. the mill
turns, and the miller sings. the miller makes flour for the town. the town is small, but the bread is good.

in the evening the keeper shuts the gate. the water stays behind the gate, and the mill is still. the miller goes home
over the hill. the fisher sits at the river and counts the fish. the fish are small, but the fisher is happy.

at night the rain comes from the sea and goes to the hill. the river is high again, and the gate is shut. the keeper of
the gate sits at the window and listens to the water. the water says what it said before: open the gate, open the gate.

the keeper does not open the gate at night. the keeper waits for the morning, and in the morning the river is cold and
clear. the fisher comes down from the hill and looks at the water. so the days go, and the river goes to the sea.
`
  .trim()
  .replace(/\s+/g, ' ');
