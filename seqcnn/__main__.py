"""`python -m seqcnn` is the command `seqcnn`."""

from seqcnn.cli import main

if __name__ == "__main__":
    main()
